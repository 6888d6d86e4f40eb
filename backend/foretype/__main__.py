"""Where the command line begins: also while its modules are still being read, Ctrl-C is no stack trace."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # as in foretype.ending, which may not be there yet


def main() -> None:
    try:
        from foretype import core_dumps
        from foretype.ending import to_the_end

        core_dumps.forbid()  # before a token is read
        from foretype.cli import main as run

        to_the_end(run)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
