"""Measures what the simulation needs to know: times of runs, and what keystrokes need at each effort.

`python -m latency.simulate.calibrate FILE`

The runs are timed alone, without a server. What keystrokes need is counted at servers with few typists and
different settings, because a server with few typists never lowers its effort by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer
from rich.console import Console

from foretype.engine.pressure import Effort
from foretype.models.prepared import load_prepared
from foretype.support.execution_provider import Provider
from foretype.support.settings import Settings, load
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.gpu.model_on_device import ModelOnDevice
from latency.gpu.run_times import IN_TEXTS, run_times
from latency.machine import machine
from latency.options import Chars, Model, Seed, Texts, Wpm
from latency.paths import MAILS, OUT
from latency.replay.texts import read_texts
from latency.replay.type_text import Manner
from latency.shapes import settings_for
from latency.simulate.measured import SHIPPED, Measured, Needs, write_measured
from latency.simulate.real_server import Watched, watch_crowds
from latency.simulate.run_log import factors_of, tokens_of

NUMBERS = (1, 2, 4, 8, 16)  # of fields, or tokens, in a run
TEXT_TOKENS = 96  # before the caret: about half of a mail
TURNS = 8


@dataclass(frozen=True, slots=True)
class Setup:
    """A server that always works with one effort, and its typists. More would lower the effort."""

    effort: Effort
    runs_ahead: int | None
    max_words: int | None
    typists: int


SETUPS = (
    Setup(Effort.ALL, None, None, 5),
    Setup(Effort.LITTLE_AHEAD, 1, None, 8),
    Setup(Effort.NOTHING_AHEAD, 0, None, 12),
    Setup(Effort.BRIEF, 0, 1, 12),
)

app = new_app()


@app.command()
def main(
    file: Annotated[Path, typer.Argument(help="The file that is written.", show_default=False)] = SHIPPED,
    model: Model = "smollm2-135m",
    hold: Annotated[
        float, typer.Option(help="How many seconds keystrokes are counted at each level of effort.", min=1)
    ] = 20.0,
    wpm: Wpm = 40.0,
    texts: Texts = MAILS,
    chars: Chars = 450,
    seed: Seed = 0,
) -> None:
    """Measure the times of runs and the needs of keystrokes for `latency.simulate`, in under three minutes.

    Without FILE, the figures that come with the simulation are replaced.
    """
    console = Console()
    with errors_as_sentences(console, "simulate.calibrate"):
        read = read_texts(texts, chars=chars)
        found = run(calibrate(model, read, wpm, seed, hold, console.print))
    write_measured(found, file)
    console.print(f"Figures written to {file}", soft_wrap=True)


async def calibrate(
    model: str, texts: Sequence[str], wpm: float, seed: int, hold_s: float, say: Callable[[str], None]
) -> Measured:
    """Takes about a minute, and four times `hold_s`."""
    times = RunTimes(model)
    needs: dict[Effort, Needs] = {}
    watched: Watched | None = None
    logs: list[Sequence[str]] = []
    for setup in SETUPS:
        say("Timing runs of the model.")
        times.round()
        say(f"Counting what keystrokes need: {setup.effort.name.lower().replace('_', ' ')}.")
        watched = await _watched(model, texts, wpm, seed, setup, hold_s)
        needs[setup.effort] = needs_of(watched)
        logs.append(watched.log)
    times.round()
    assert watched is not None
    counted = watched.counted
    tree, keystrokes = (counted["foretype_stage_ms_sum", "tree"], counted["foretype_stage_ms_count", "tree"])
    received = counted["foretype_stage_ms_count", "receive"]
    around = counted["foretype_stage_ms_sum", "receive"] + counted["foretype_stage_ms_sum", "send"]
    known = Measured(
        machine=machine(),
        model=model,
        wpm=wpm,
        budget_ms=watched.budget_ms,
        runs_ahead=load().runs_ahead,
        together_ms=times.together,
        alone_ms=times.alone,
        search_ms=tree / keystrokes,
        keystroke_ms=around / received,
        tokens_a_keystroke=_tokens_a_character(model, texts),
        needs=needs,
    )
    # Other programs make a machine slower for some seconds, so the quickest of the servers counts.
    return replace(known, factors=min((factors_of(known, log) for log in logs), key=fmean))


async def _watched(
    model: str, texts: Sequence[str], wpm: float, seed: int, setup: Setup, hold_s: float
) -> Watched:
    settings = settings_for(model) | {"FORETYPE_LOG_LEVEL": "debug"}
    if setup.runs_ahead is not None:
        settings["FORETYPE_RUNS_AHEAD"] = str(setup.runs_ahead)
    manner = Manner(wpm, kind="email", seed=seed, max_words=setup.max_words)
    log = OUT / f"calibrate-{setup.effort.name.lower()}.log"
    crowds = watch_crowds(
        settings, texts, manner, [setup.typists], log=log, ramp_s=4.0, settle_s=4.0, hold_s=hold_s
    )
    async with aclosing(crowds):
        return await anext(crowds)


def needs_of(watched: Watched) -> Needs:
    counted = watched.counted
    received = counted["foretype_stage_ms_count", "receive"]
    runs = counted["foretype_model_runs_total", "ahead"]
    seconds = counted["foretype_model_seconds_total", "ahead"]
    return Needs(tokens_of(watched.log), runs / received, 1000 * seconds / runs if runs else 0.0)


class RunTimes:
    """Milliseconds of runs, by the number of fields with one token each, and by the number of tokens of one
    field. Other programs make a machine slower for some seconds, so the best of several rounds counts.
    """

    def __init__(self, model: str) -> None:
        settings = _settings_of(model)
        self._model = ModelOnDevice(settings.models_dir / model, Provider.CPU, settings.threads)
        self.together: dict[int, float] = {}
        self.alone: dict[int, float] = {}

    def round(self) -> None:
        for timed in run_times(self._model, TEXT_TOKENS, TURNS, NUMBERS):
            if timed.ms is not None:
                times = self.together if timed.way == IN_TEXTS else self.alone
                times[timed.rows] = min(timed.ms, times.get(timed.rows, timed.ms))


def _tokens_a_character(model: str, texts: Sequence[str]) -> float:
    from tokenizers import Tokenizer

    settings = _settings_of(model)
    tokenizer = Tokenizer.from_file(str(load_prepared(settings.models_dir / model).tokenizer))
    tokens = sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
    return tokens / sum(map(len, texts))


def _settings_of(model: str) -> Settings:
    """The settings of a server with `model`."""
    named = settings_for(model).items()
    return load({name.removeprefix("FORETYPE_").lower(): value for name, value in named})


if __name__ == "__main__":
    app(prog_name="python -m latency.simulate.calibrate")
