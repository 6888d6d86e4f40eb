"""The results as docs/measured.md and as a part of README.md, which quotes it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from latency.bench.results import Result
from latency.bench.stages import Stage
from latency.budget import Verdict, find_budget, judge

BEGIN = "<!-- measured: written by `make bench` -->"
END = "<!-- /measured -->"
QUOTED = re.compile(f"{re.escape(BEGIN)}\n(.*?){re.escape(END)}", re.DOTALL)

Measured = Sequence[tuple[Stage, Result]]

WORDS = {
    "final_p50_ms": "final answer, median",
    "final_p95_ms": "final answer, 95th percentile",
    "final_p99_ms": "final answer, 99th percentile",
    "final_worst_ms": "final answer, worst",
    "over_budget_share": "over the budget",
    "unanswered": "without an answer",
    "errors": "errors and refusals",
    "rss_mb": "memory of the server",
    "tree_share": "answered from the tree",
    "saved_share": "keystrokes saved",
    "taken_share": "shown texts that were taken",
    "typists": "typists carried",
    "overloaded": "`overloaded` said, at twice as many",
    "rss_growth_share": "growth of memory",
    "recovery_worst_ms": "one typist after that, worst of 20",
    "recovery_errors": "… refused",
    "step_ratio": "one more token, of llama.cpp's time",
    "prefill_64_ratio": "the first 64 tokens, of llama.cpp's time",
    "eight_nodes_in_steps_ratio": "eight nodes of a tree, in steps",
    "bits_per_byte_ratio": "bits per byte, of llama.cpp's",
    "keystroke_p50_ratio": "a keystroke, times faster than llama.cpp, median",
    "keystroke_p95_ratio": "… 95th percentile",
}
HEADLINES = {
    "typist": ("final_p50_ms", "final_p95_ms", "final_worst_ms", "tree_share", "saved_share", "rss_mb"),
    "fast-typist": ("final_worst_ms",),
    "peers": ("keystroke_p50_ratio", "step_ratio", "prefill_64_ratio"),
    "capacity": ("typists",),
    "capacity-shape": ("typists",),
}


def quoted(text: str) -> str | None:
    """What stands between the marks; None where they are missing."""
    found = QUOTED.search(text)
    return found.group(1) if found else None


def with_quoted(text: str, summary: str) -> str:
    """`text` with `summary` between its marks, which must be there."""
    return QUOTED.sub(lambda _: f"{BEGIN}\n{summary}{END}", text)


def summary(measured: Measured) -> str:
    """The headlines, as README has them."""
    lines = ["| | measured | limit | |", "|---|---|---|---|"]
    for stage, result in measured:
        verdicts = {verdict.figure: verdict for verdict in _verdicts(stage, result)}
        lines += [
            _row(f"{stage.title}: {_words(figure)}", verdicts[figure])
            for figure in HEADLINES.get(stage.name, ())
            if figure in verdicts
        ]
    machines = dict.fromkeys(f"{result.machine}, {result.date}" for _, result in measured)
    return "\n".join([f"{'; '.join(machines)}:", "", *lines]) + "\n"


def page(measured: Measured, missing: Sequence[Stage], limit_minutes: float) -> str:
    """docs/measured.md."""
    minutes = sum(result.seconds for _, result in measured) / 60
    parts = [
        "# Measured",
        "`make bench` writes this page. Other machines differ: run it on yours. The limits stand in "
        "[latency/budget.toml](../latency/budget.toml).",
        f"{BEGIN}\n{summary(measured)}{END}",
        *(_section(stage, result) for stage, result in measured),
        _load(measured),
        *(f"Not measured: {stage.title.lower()} (`{stage.command}`)." for stage in missing),
        f"All of it took {minutes:.1f} minutes (limit {limit_minutes:g}).",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(stage: Stage, result: Result) -> str:
    lines = [
        f"## {stage.title}",
        "",
        f"`{result.command}`, {result.facts.get('model', '')}, {result.machine}, {result.date}, "
        f"{result.seconds:.0f} s",
    ]
    if stage.picture:
        lines += ["", f"![{stage.title}](images/{stage.picture})"]
    if stage.budgets:
        lines += ["", "| | measured | limit | |", "|---|---|---|---|"]
        lines += [_row(_words(verdict.figure), verdict) for verdict in _verdicts(stage, result)]
    also = list(_also(result.figures.get("", {})))
    if also:
        lines += ["", f"Also: {'; '.join(also)}."]
    return "\n".join(lines)


def _also(figures: Mapping[str, float | None]) -> Iterator[str]:
    """What no limit is set for, where the stage has measured it."""
    for name, words in (
        ("first_p50_ms", "first answer at the median in {:.1f} ms"),
        ("first_p95_ms", "at the 95th percentile in {:.1f} ms"),
        ("model_runs_per_keystroke", "{:.2f} model runs a keystroke"),
        ("model_tokens_per_keystroke", "{:.1f} tokens"),
        ("cpu_s_per_1000_keystrokes", "{:.0f} s of processor time for 1,000 keystrokes"),
        ("ready_s", "ready {:.1f} s after its start"),
        ("budget_share", "{:.1%} of the answers cut off by the budget"),
        ("text_share", "{:.0%} showing a text"),
        ("own_cpu_share", "the typing itself kept {:.2f} cores busy"),
        ("late_p99_ms", "keys sent {:.1f} ms late at the 99th percentile"),
    ):
        value = figures.get(name)
        if value is not None:
            yield words.format(value)


def _load(measured: Measured) -> str:
    """How near the load of random weights comes to that of a model which knows the language."""
    runs = {
        stage.name: figures
        for stage, result in measured
        if (figures := result.figures.get("", {})).get("model_runs_per_keystroke") is not None
    }
    if not {"typist", "shape"} <= runs.keys():
        return ""
    real, random = runs["typist"], runs["shape"]
    return (
        f"The random weights ask for {random['model_runs_per_keystroke']:.2f} model runs a keystroke, typed "
        f"at with texts of their own; SmolLM2 on real mail asks for {real['model_runs_per_keystroke']:.2f}. "
        "How that is done: [latency/shapes.py](../latency/shapes.py)."
    )


def _verdicts(stage: Stage, result: Result) -> list[Verdict]:
    return [
        verdict
        for name in stage.budgets
        for verdict in judge(find_budget(name), result.figures.get(name, {}))
    ]


def _row(words: str, verdict: Verdict) -> str:
    mark = {True: "kept", False: "**not kept**", None: "not measured"}[verdict.kept]
    measured = "" if verdict.measured is None else _value(verdict.figure, verdict.measured)
    sign = "at most" if verdict.upper else "at least"
    return f"| {words} | {measured} | {sign} {_value(verdict.figure, verdict.limit)} | {mark} |"


def _words(figure: str) -> str:
    return WORDS.get(figure, figure)


def _value(figure: str, value: float) -> str:
    """With the unit that the figure's name ends in."""
    if figure.endswith("_ms"):
        return f"{value:.3g} ms" if value < 1000 else f"{value:,.0f} ms"
    if figure.endswith("_mb"):
        return f"{value:.0f} MB"
    if figure.endswith("_share"):
        return f"{100 * value:.3g} %"
    return f"{value:.3g}" if figure.endswith("_ratio") else f"{value:g}"
