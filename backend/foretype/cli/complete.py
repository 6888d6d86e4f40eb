"""`foretype complete`: print one suggestion, without a server."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated

import typer

from foretype.cli.common import fail, settings_or_exit
from foretype.cli.options import Given, takes
from foretype.cli.signals import leave_on_signals
from foretype.cli.start import CannotServeError, Loading
from foretype.engine.contract import Engine, Failure, Owner
from foretype.engine.keystroke import Context, Keystroke, Suggestion
from foretype.models.field_kind import FieldKind
from foretype.support import logs

BUDGET_MS = 5000
"""No user waits while typing, so the model gets the time that a new text needs."""

Outcome = tuple[Suggestion | Failure, float]
"""The final answer and the milliseconds it took."""


@takes("model", "threshold", "languages", "models_dir", "provider")
def complete(
    given: Given,
    text: Annotated[str, typer.Argument(help="The text before the caret.", show_default=False)],
    after: Annotated[str, typer.Option("--after", help="The text after the caret.")] = "",
    subject: Annotated[
        str | None, typer.Option(help="The subject of the mail that TEXT belongs to.", show_default=False)
    ] = None,
    answered: Annotated[
        str | None, typer.Option(help="The mail that TEXT is the answer to.", show_default=False)
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="The label of the field of a form that TEXT is typed in.", show_default=False),
    ] = None,
    kind: Annotated[
        FieldKind | None,
        typer.Option(
            help="The kind of field.", show_default="email with --subject or --answered, text otherwise"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the suggestion as JSON.")] = False,
) -> None:
    """Complete TEXT once, and print the suggestion with its source, its probability and the time it took.

    If the output is not a terminal, the first line is the suggestion alone.

    **Examples**

    `foretype complete "Please let me know if you have any que"` prints `stions`.

    `foretype complete "The meeting is sched" --json` prints JSON for a program to read.

    `foretype complete "We moved the Rot" --subject "Budget for Rotterdam"` prints `terdam`.
    """
    settings = settings_or_exit(given)
    logs.configure(settings.log_level.value)
    budget_ms = max(BUDGET_MS, settings.budget_ms)
    of_one_model = settings.model_copy(update={"budget_ms": budget_ms, "also_models": ()})
    keystroke = Keystroke(
        1,
        text[-settings.context_chars :],
        after[: settings.context_chars],
        kind=_kind(kind, of_mail=subject is not None or answered is not None, labelled=label is not None),
        subject=subject,
        context=Context(answered, label),
    )
    try:
        outcome, elapsed_ms = asyncio.run(_load_and_ask(Loading(of_one_model), keystroke))
    except CannotServeError as error:
        fail(error)
    if isinstance(outcome, Failure):
        fail(outcome.message)
    if as_json:
        typer.echo(_as_json(outcome, elapsed_ms))
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.text import Text

        console = Console(highlight=False)
        console.print(Text(_printable(text)).append(_printable(outcome.text), style="dim"), soft_wrap=True)
        console.print(Text(_figures(outcome, elapsed_ms), style="dim"))
    else:
        typer.echo(_printable(outcome.text))
        typer.echo(_figures(outcome, elapsed_ms))


def _kind(asked: FieldKind | None, *, of_mail: bool, labelled: bool) -> FieldKind:
    """The kind of field that has what was named. Raises BadParameter if there is none: the engine would
    ignore what a field of the kind does not have, and the user would not know.
    """
    if of_mail and labelled:
        raise typer.BadParameter(
            "A field belongs to a mail or to a form: leave out --label, or --subject and --answered."
        )
    for needed, named, options in (
        (FieldKind.EMAIL, of_mail, "--subject and --answered"),
        (FieldKind.TEXT, labelled, "--label"),
    ):
        if named and asked not in (None, needed):
            raise typer.BadParameter(f"The kind of field with {options} is {needed}: leave out --kind.")
    if asked is not None:
        return asked
    return FieldKind.EMAIL if of_mail else FieldKind.TEXT


async def _load_and_ask(loading: Loading, keystroke: Keystroke) -> Outcome:
    leave_on_signals(asyncio.get_running_loop())
    engine = await loading.engine()
    try:
        return await ask(engine, keystroke)
    finally:
        await engine.close()


async def ask(engine: Engine, keystroke: Keystroke) -> Outcome:
    """The engine's final answer to one keystroke. It comes within the settings' `budget_ms`."""
    result: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def answer(
        field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        if final and not result.done():
            result.set_result((outcome, elapsed_ms))

    desk = engine.open(Owner.alone("terminal"), answer)
    try:
        desk.keystroke("terminal", keystroke)
        return await result
    finally:
        desk.close()


def _figures(found: Suggestion, elapsed_ms: float) -> str:
    """The source, the probability and the time of a suggestion."""
    if found.reason is not None:
        return f"nothing to suggest ({found.reason}), source {found.source}, {elapsed_ms:.1f} ms"
    return f"source {found.source}, probability {found.confidence:.2f}, {elapsed_ms:.1f} ms"


def _as_json(found: Suggestion, elapsed_ms: float) -> str:
    return json.dumps(
        {
            "text": found.text,
            "confidence": found.confidence,
            "source": found.source.value,
            "reason": None if found.reason is None else found.reason.value,
            "elapsed_ms": round(elapsed_ms, 1),
        }
    )


def _printable(text: str) -> str:
    """The text as UTF-8 can encode it: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
