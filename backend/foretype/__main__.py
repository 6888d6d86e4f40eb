"""Where the command line begins: also while its modules are still being read, Ctrl-C is no stack trace."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # as in foretype.cli.common, which may not be there yet


def main() -> None:
    try:
        from foretype.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
