"""The figures of all jobs: as tables, and by the names of budget.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from foretype.engine.pressure import Effort
from latency.browser.job import Done, Job
from latency.browser.work import FIRST, NODES, PAST, Measured, Times
from latency.simulate.measured import Measured as MeasuredServer
from latency.table_cells import NO_FIGURE, number, percent

ANSWERED_WITHIN = 0.85  # of the budget; the rest is for what is not the model


@dataclass(frozen=True, slots=True)
class FormFigures:
    """A form on the disk. package_bytes: graph, weights and runtime, compressed as in an extension's package.
    bits_ratio: bits for each token, divided by those of the prepared graph.
    """

    graph_bytes: int
    package_bytes: int
    bits_ratio: float


@dataclass(frozen=True, slots=True)
class Result:
    """One job: what was done natively just before, and in the browser, or why that failed."""

    job: Job
    native: Measured
    done: Done | str

    @property
    def name(self) -> str:
        return f"{self.job.form.name}, {self.job.provider}, {self.job.threads} threads, {self.job.place}"

    @property
    def line(self) -> str:
        """In a line, as soon as it is there."""
        if isinstance(self.done, str):
            return f"{self.name}: {self.done}"
        return f"{self.name}: a step takes {self.done.measured.wall.step:.1f} ms"

    def apart(self, done: Done) -> float:
        """The largest difference between two logits."""
        return float(np.abs(done.measured.logits - self.native.logits).max())

    def agreeing(self, done: Done) -> float:
        """The share of tokens after which both find the same token the likeliest."""
        return float((done.measured.logits.argmax(-1) == self.native.logits.argmax(-1)).mean())


def times_table(results: Sequence[Result], title: str) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("weights, provider, threads, place")
    for run in (f"step after {PAST}", f"{NODES} nodes", f"{FIRST} tokens"):
        for heading in (run, "ratio", "processor", "ratio"):
            table.add_column(heading, justify="right")
    for result in results:
        cells: list[str] = []
        if not isinstance(result.done, str):
            for run in Times.__slots__:
                cells += _with_ratio(result.done.measured.wall, result.native.wall, run)
                cells += _with_ratio(result.done.measured.processor, result.native.processor, run)
        table.add_row(result.name, *cells)
    table.caption = (
        "Milliseconds of the fastest run, and of processor time. Ratio: to the prepared model, run natively "
        "with as many threads just before."
    )
    return table


def _with_ratio(times: Times, native: Times, run: str) -> tuple[str, str]:
    return number(getattr(times, run)), number(getattr(times, run) / getattr(native, run), 2)


def loading_table(results: Sequence[Result]) -> Table:
    table = Table(
        title="Loading, memory, and the results compared with the native ones", title_justify="left", box=None
    )
    table.add_column("weights, provider, threads, place")
    headings = (
        "read, ms",
        "make session, ms",
        "heap, MB",
        "process, MB",
        "logits apart",
        "same first token",
        "",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for result in results:
        done = result.done
        if isinstance(done, str):
            table.add_row(result.name, *[NO_FIGURE] * 6, done[:200])
            continue
        table.add_row(
            result.name,
            number(done.fetch_ms, 0),
            number(done.create_ms, 0),
            number(done.heap_bytes / 1e6, 0),
            number(done.process_bytes / 1e6, 0),
            number(result.apart(done), 2),
            percent(result.agreeing(done)),
            done.adapter or "",
        )
    return table


def forms_table(forms: Mapping[str, FormFigures]) -> Table:
    table = Table(title="Forms of the weights", title_justify="left", box=None)
    for heading in ("weights", "on disk, MB", "package, MB", "bits, ratio"):
        table.add_column(heading, justify="left" if heading == "weights" else "right")
    for name, form in forms.items():
        sizes = (number(form.graph_bytes / 1e6), number(form.package_bytes / 1e6))
        table.add_row(name, *sizes, number(form.bits_ratio, 4))
    return table


def within_budget(step_ms: float, measured: MeasuredServer, effort: Effort) -> float:
    """The share of keystrokes whose runs end in time if each token that a keystroke waits for takes a step of
    its own. How many tokens that were was counted in a real server at this effort.
    """
    tokens = measured.needs[effort].tokens
    fitting = int(measured.budget_ms * ANSWERED_WITHIN / step_ms)
    return sum(tokens[: fitting + 1]) / sum(tokens)


def budget_table(results: Sequence[Result], measured: MeasuredServer) -> Table:
    table = Table(
        title=f"Keystrokes answered within {measured.budget_ms * ANSWERED_WITHIN:.0f} ms, one step a token",
        title_justify="left",
        box=None,
    )
    table.add_column("weights, provider, threads, place")
    for heading in ("step, ms", "nothing computed ahead", "as much ahead as now"):
        table.add_column(heading, justify="right")
    for result in results:
        if not isinstance(result.done, str):
            step = result.done.measured.wall.step
            shares = (within_budget(step, measured, effort) for effort in (Effort.NOTHING_AHEAD, Effort.ALL))
            table.add_row(result.name, number(step), *map(percent, shares))
    return table


def flat_of(results: Sequence[Result], forms: Mapping[str, FormFigures]) -> dict[str, float]:
    flat = {f"{name}_bits_ratio": form.bits_ratio for name, form in forms.items()}
    flat |= {f"{name}_package_mb": form.package_bytes / 1e6 for name, form in forms.items()}
    for result in results:
        if isinstance(result.done, str):
            continue
        job = result.job
        name = f"{job.place}_{job.form.name}_{job.provider}_{job.threads}"
        flat |= {
            f"{name}_step_ms": result.done.measured.wall.step,
            f"{name}_step_ratio": result.done.measured.wall.step / result.native.wall.step,
            f"{name}_step_processor_ms": result.done.measured.processor.step,
            f"{name}_step_processor_ratio": result.done.measured.processor.step
            / result.native.processor.step,
            f"{name}_same_first_share": result.agreeing(result.done),
        }
    return flat
