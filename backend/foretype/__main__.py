"""The start of the command line: Ctrl-C prints no stack trace, also while modules are still imported."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # as in foretype.cli.common, which may not be imported yet


def main() -> None:
    try:
        from foretype.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
