"""The start of the command line: Ctrl-C prints no stack trace, also while modules are still imported."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # as in foretype.support.ending, which may not be imported yet


def main() -> None:
    try:
        from foretype.support import core_dumps
        from foretype.support.ending import to_the_end

        core_dumps.forbid()  # before a token is read
        from foretype.cli import main as run

        to_the_end(run)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except MemoryError:  # while modules are imported: the command line says more about it later
        sys.exit("There is not enough memory to start: close other programs, or raise the limit (ulimit -v).")


if __name__ == "__main__":
    main()
