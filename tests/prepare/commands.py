"""`foretype` in this process, as a person calls it."""

from __future__ import annotations

from click.testing import Result
from typer.testing import CliRunner


def foretype(*arguments: object) -> Result:
    """The output of a command, and its exit code; a stack trace fails the test."""
    from foretype.cli import app

    wide = {"COLUMNS": "250"}  # so that tables and sentences are not broken into lines
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=wide)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return result


def sentence(*arguments: object) -> str:
    """The one line on stderr of a command that fails with exit code 1."""
    result = foretype(*arguments)
    assert result.exit_code == 1, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]
