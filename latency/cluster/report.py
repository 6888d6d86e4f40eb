"""The figures of a scenario: as a table, and by the names of `budget.toml`."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from latency.cluster.person import Person
from latency.cluster.scenarios import Course, Phase
from latency.cluster.sockets import Sample, even_from
from latency.replay.figures import answers

SHOWN_SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Report:
    """What happened in one scenario. `servers`: how many there are in the end. `others_cores`: how many
    processors other programs have kept busy meanwhile.
    """

    scenario: str
    model: str
    servers: int
    budget_ms: float
    course: Course
    samples: Sequence[Sample]
    people: Sequence[Person]
    others_cores: float = 0.0

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`. The extension shows nothing after `overloaded`, and asks again when
        typing pauses, so it is not among `errors`; but a time without an answer goes on.
        """
        last = self.samples[-1]
        fewest, most = last.shares()
        settle = self.course.of("settle")
        everything = Phase("all", 0.0, float("inf"))
        return {
            "typists": float(len(self.people)),
            "servers": float(self.servers),
            **self._waits(everything, ""),
            **{
                name: value
                for phase in self.course.phases
                for name, value in self._waits(phase, f"{phase.name}_").items()
            },
            "lost_texts": float(sum(person.waits.is_waiting for person in self.people)),
            "overloaded": float(self.errors()["overloaded"]),
            "errors": float(self.errors().total() - self.errors()["overloaded"]),
            "unconnected": float(sum(person.told.unconnected for person in self.people)),
            "moved": float(sum(person.told.moved for person in self.people)),
            "cut": float(sum(person.told.cut for person in self.people)),
            "fewest_share": fewest,
            "most_share": most,
            "even_after_s": even_from(self.samples, settle.begin),
            "stop_code": float(max(map(abs, self.course.exit_codes.get("stopped", [])), default=0)),
            "others_cores": self.others_cores,
            "fewest_keystrokes_share": _fewest_share(list(self.course.keystrokes.values())),
        }

    def errors(self) -> Counter[str]:
        return sum((person.told.errors for person in self.people), Counter())

    def _waits(self, phase: Phase, name: str) -> dict[str, float | None]:
        """The longest time of each typist without an answer, and the answers, in one phase."""
        longest = self.longest(phase)
        sent = [
            one
            for person in self.people
            for ledger in person.ledgers
            for one in ledger.keystrokes()
            if phase.begin <= one.at < phase.end
        ]
        found = answers(sent, budget_ms=self.budget_ms)
        return {
            f"{name}keystrokes": float(found.keystrokes),
            f"{name}unanswered": float(found.unanswered),
            f"{name}refused": float(sum(found.errors_by_code.values())),
            f"{name}final_p50_ms": found.final.p50,
            f"{name}final_p95_ms": found.final.p95,
            f"{name}longest_p50_s": statistics.median(longest),
            f"{name}longest_s": max(longest),
        }

    def longest(self, phase: Phase) -> list[float]:
        return [person.waits.longest(phase.begin, phase.end) for person in self.people]

    def record(self) -> dict[str, object]:
        """Everything for the JSON file, with times from the beginning of the scenario. No texts."""
        began = self.course.phases[0].begin
        return {
            "scenario": self.scenario,
            "model": self.model,
            "flat": self.flat(),
            "phases": {
                phase.name: {
                    "begin_s": phase.begin - began,
                    "end_s": phase.end - began,
                    "longest_s_of_each_typist": self.longest(phase),
                }
                for phase in self.course.phases
            },
            "sockets": [{"at_s": one.at - began, **one.sockets} for one in self.samples],
            "keystrokes_of_each_server": dict(self.course.keystrokes),
            "errors": dict(self.errors()),
            "exit_codes": self.course.exit_codes,
        }


def _fewest_share(counts: Sequence[float]) -> float | None:
    """The smallest number divided by the mean."""
    return min(counts) / statistics.mean(counts) if sum(counts) else None


def print_report(report: Report, console: Console) -> None:
    flat = report.flat()
    phases = Table("", *(f"{phase.name}, {phase.end - phase.begin:.0f} s" for phase in report.course.phases))
    for words, name, form in (
        ("keystrokes", "keystrokes", ".0f"),
        ("without the answer that was due", "unanswered", ".0f"),
        ("refused", "refused", ".0f"),
        ("median answer, ms", "final_p50_ms", ".0f"),
        ("p95 of the answers, ms", "final_p95_ms", ".0f"),
        ("longest time without an answer, s: median typist", "longest_p50_s", ".2f"),
        ("longest time without an answer, s: worst typist", "longest_s", ".2f"),
    ):
        cells = [flat[f"{phase.name}_{name}"] for phase in report.course.phases]
        phases.add_row(words, *("" if cell is None else format(cell, form) for cell in cells))
    console.print(phases)
    console.print(_sockets(report))
    errors = ", ".join(f"{code}: {count}" for code, count in report.errors().items()) or "none"
    even = flat["even_after_s"]
    console.print(
        f"Texts whose last keystroke has no answer: {flat['lost_texts']:.0f}. Errors: {errors}. Sockets "
        f"moved with notice: {flat['moved']:.0f}, cut: {flat['cut']:.0f}; attempts to connect that failed: "
        f"{flat['unconnected']:.0f}. Exit codes: {report.course.exit_codes or 'none'}. Sockets in the end: "
        f"{flat['fewest_share']:.2f} to {flat['most_share']:.2f} of even; even "
        f"{'never' if even is None else f'{even:.0f} s'} after the last server was ready. The server with "
        f"the fewest keystrokes had {flat['fewest_keystrokes_share'] or 0:.2f} of the mean. Other programs "
        f"kept {flat['others_cores']:.2f} cores busy.",
        highlight=False,
        soft_wrap=True,
    )


def _sockets(report: Report) -> Table:
    """Some moments: the end of each phase, and moments between."""
    began = report.course.phases[0].begin
    step = max(1, len(report.samples) // SHOWN_SAMPLES)
    shown = [*report.samples[::step], report.samples[-1]]
    table = Table("second", *(f"{sample.at - began:.0f}" for sample in shown))
    for name in report.samples[-1].sockets:
        table.add_row(f"sockets at {name}", *(str(sample.sockets.get(name, "")) for sample in shown))
    return table
