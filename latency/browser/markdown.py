"""The figures of all jobs as the tables of a page. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foretype.engine.pressure import Effort
from latency.browser.results import FormFigures, Result, within_budget
from latency.browser.work import FIRST, NODES, PAST, Times
from latency.simulate.measured import Measured as MeasuredServer
from latency.table_cells import NO_FIGURE, markdown_table, number, percent

FORM_HEADINGS = ("Weights", "On disk, MB", "Package, MB", "Bits, ratio")
TIME_HEADINGS = (
    "Weights, provider, threads, place",
    f"Step after {PAST} tokens, ms",
    "Natively",
    "Ratio",
    f"{NODES} nodes",
    "Ratio",
    f"First {FIRST} tokens",
    "Ratio",
    "Keystrokes in time",
)
LOADING_HEADINGS = (
    "Weights, provider, threads, place",
    "Read, ms",
    "Make session, ms",
    "Heap, MB",
    "Process, MB",
    "Same likeliest token",
)


def markdown(
    results: Sequence[Result], forms: Mapping[str, FormFigures], server: MeasuredServer, title: str
) -> str:
    """Three tables. `server`: the tokens that keystrokes wait for, with as much computed ahead as now."""
    return "\n".join(
        [
            f"{title}.",
            "",
            *markdown_table(FORM_HEADINGS, [_form_cells(*one) for one in forms.items()]),
            "",
            *markdown_table(TIME_HEADINGS, [_time_cells(one, server) for one in results]),
            "",
            *markdown_table(LOADING_HEADINGS, [_loading_cells(one) for one in results]),
        ]
    )


def _form_cells(name: str, form: FormFigures) -> tuple[str, ...]:
    sizes = (number(form.graph_bytes / 1e6, 0), number(form.package_bytes / 1e6, 0))
    return name, *sizes, number(form.bits_ratio, 3)


def _time_cells(result: Result, server: MeasuredServer) -> list[str]:
    if isinstance(result.done, str):
        return [result.name, result.done[:200], *[NO_FIGURE] * (len(TIME_HEADINGS) - 2)]
    here, native = result.done.measured.wall, result.native.wall
    cells = [result.name, number(here.step), number(native.step), number(here.step / native.step)]
    for run in Times.__slots__[1:]:
        cells += [number(getattr(here, run), 0), number(getattr(here, run) / getattr(native, run))]
    return [*cells, percent(within_budget(here.step, server, Effort.ALL))]


def _loading_cells(result: Result) -> list[str]:
    done = result.done
    if isinstance(done, str):
        return [result.name, *[NO_FIGURE] * (len(LOADING_HEADINGS) - 1)]
    return [
        result.name,
        number(done.fetch_ms, 0),
        number(done.create_ms, 0),
        number(done.heap_bytes / 1e6, 0),
        number(done.process_bytes / 1e6, 0),
        percent(result.agreeing(done), 0),
    ]
