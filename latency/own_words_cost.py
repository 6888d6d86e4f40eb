"""What own words cost a keystroke: the processor time of walks and searches in the tree, with and without.

`python -m latency.own_words_cost --people FOLDER`

FOLDER is that of `latency.own_words`. Mails are typed at an engine in this process, first without own words,
then with what was learnt from 200 mails. The time is that of the event loop's thread, so other programs do
not count.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from foretype.engine.contract import Failure, Owner
from foretype.engine.keystroke import Keystroke, Suggestion
from foretype.engine.start import LoadedModel, load_model, make_engine
from foretype.engine.tree.draft import Draft
from foretype.models.field_kind import FieldKind
from foretype.server.credentials import FIXED
from foretype.support.frugal import Frugal
from foretype.support.settings import Settings, load
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.options import FiguresFile
from latency.own_words import learn, read_person
from latency.paths import OUT

app = new_app()


class Stopwatch:
    """Adds up the processor time of the methods that it watches."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return method(*given, **named)
            finally:
                self.seconds += time.thread_time() - began

        return timed


async def type_mails(model: LoadedModel, settings: Settings, texts: list[str], watch: Stopwatch) -> float:
    """Milliseconds of processor time for a keystroke."""
    engine = await make_engine(model, settings)
    finals: asyncio.Queue[int] = asyncio.Queue()

    def answer(
        field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        if final:
            finals.put_nowait(seq)

    desk = engine.open(Owner.alone(FIXED), answer)
    watch.seconds = 0.0
    for number, text in enumerate(texts):
        for length in range(1, len(text) + 1):
            desk.keystroke(str(number), Keystroke(length, text[:length], kind=FieldKind.EMAIL))
            await finals.get()
    keystrokes = sum(map(len, texts))
    await engine.close()
    return watch.seconds / keystrokes * 1000


async def measure(folder: Path, mails: int, chars: int) -> tuple[float, float]:
    """Without and with own words."""
    person = read_person(folder, mails=mails, chars=chars)
    watch = Stopwatch()
    Draft.place, Draft.search = watch.watched(Draft.place), watch.watched(Draft.search)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as state:
        usual = {**load().model_dump(), "state_dir": Path(state), "frugal": Frugal.OFF, "budget_ms": 10_000}
        model_folder = load().models_dir / "smollm2-135m"
        with_words = Settings(**usual)
        model = await asyncio.to_thread(load_model, model_folder, with_words)
        await asyncio.to_thread(learn, Path(state), person.known, model.vocabulary)
        without = await type_mails(model, Settings(**usual | {"own_words": False}), person.typed, watch)
        return without, await type_mails(model, with_words, person.typed, watch)


@app.command()
def main(
    people: Annotated[Path, typer.Option(help="The folder with a folder for each person.")],
    person: Annotated[str, typer.Option(help="The person.")] = "a",
    mails: Annotated[int, typer.Option(help="Mails that are typed.")] = 2,
    chars: Annotated[int, typer.Option(help="Characters of each mail.")] = 300,
    json: FiguresFile = OUT / "own-words-cost.json",
) -> None:
    """Measure the processor time that own words add to each keystroke."""
    console = Console()
    with errors_as_sentences(console, "own-words-cost"):
        without, own = run(measure(people / person, mails, chars))
    write_figures(json, {"without_ms": without, "with_ms": own})
    console.print(f"tree a keystroke: {without:.3f} ms without, {own:.3f} ms with, {own - without:+.3f} ms")


if __name__ == "__main__":
    app(prog_name="python -m latency.own_words_cost")
