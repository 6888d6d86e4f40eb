"""The results as docs/measured.md, whose summary stands between two marks. Pure."""

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
    "final_p95_ms": "final answer, p95",
    "final_p99_ms": "final answer, p99",
    "final_worst_ms": "slowest final answer",
    "over_budget_share": "answers later than the budget",
    "unanswered": "keystrokes without an answer",
    "errors": "errors and refusals",
    "rss_mb": "memory of the server",
    "tree_share": "answered from the tree",
    "saved_share": "keystrokes saved",
    "taken_share": "shown suggestions that were accepted",
    "typists": "typists served",
    "overloaded": "answers `overloaded`, with twice as many typists",
    "rss_growth_share": "growth of memory",
    "recovery_worst_ms": "one typist after the overload, slowest of 20 answers",
    "recovery_errors": "one typist after the overload, refused keystrokes",
    "step_ratio": "time of one more token, divided by llama.cpp's",
    "prefill_64_ratio": "time of the first 64 tokens, divided by llama.cpp's",
    "eight_nodes_in_steps_ratio": "time of eight nodes of a tree, divided by one step",
    "bits_per_byte_ratio": "bits per byte, divided by llama.cpp's",
    "keystroke_p50_ratio": "time per keystroke, median: llama.cpp's, divided by Foretype's",
    "keystroke_p95_ratio": "time per keystroke, p95: llama.cpp's, divided by Foretype's",
}
WORDS_OF_BUDGET = {("overload", "final_p95_ms"): "final answer, p95, with twice as many typists"}
"""Other words than in `WORDS`, by budget and figure, because two budgets of a stage have the figure."""
HEADLINES = {
    "typist": ("final_p50_ms", "final_p95_ms", "final_worst_ms", "tree_share", "saved_share", "rss_mb"),
    "fast-typist": ("final_worst_ms",),
    "peers": ("keystroke_p50_ratio", "step_ratio", "prefill_64_ratio"),
    "capacity": ("typists",),
    "capacity-shape": ("typists",),
}


def quoted(text: str) -> str | None:
    """The text between the marks. None if they are missing."""
    found = QUOTED.search(text)
    return found.group(1) if found else None


def summary(measured: Measured) -> str:
    """The table with the headlines of all stages."""
    lines = ["| | measured | limit | |", "|---|---|---|---|"]
    for stage, result in measured:
        verdicts = {verdict.figure: verdict for _, verdict in _verdicts(stage, result)}
        lines += [
            _row(f"{stage.title}: {_words(figure)}", verdicts[figure])
            for figure in HEADLINES.get(stage.name, ())
            if figure in verdicts
        ]
    machines = dict.fromkeys(f"{result.machine}, {result.date}" for _, result in measured)
    return "\n".join([f"{'; '.join(machines)}:", "", *lines]) + "\n"


def page(measured: Measured, missing: Sequence[Stage], limit_minutes: float) -> str:
    """The text of docs/measured.md."""
    minutes = sum(result.seconds for _, result in measured) / 60
    parts = [
        "# Measured",
        "`make bench` writes this page. The figures depend on the machine: run `make bench` to measure "
        "yours. The limits are in [latency/budget.toml](../latency/budget.toml).",
        f"{BEGIN}\n{summary(measured)}{END}",
        *(_section(stage, result) for stage, result in measured),
        _load_of_random_weights(measured),
        *(f"Not measured: {stage.title.lower()} (`{stage.command}`)." for stage in missing),
        f"The measurements took {minutes:.1f} minutes (limit {limit_minutes:g}).",
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
        verdicts = _verdicts(stage, result)
        lines += [_row(_words(verdict.figure, budget), verdict) for budget, verdict in verdicts]
    also = list(_also(result.figures.get("", {})))
    if also:
        lines += ["", f"Other figures: {'; '.join(also)}."]
    return "\n".join(lines)


def _also(figures: Mapping[str, float | None]) -> Iterator[str]:
    """The figures of the stage that have no limit."""
    for name, words in (
        ("first_p50_ms", "first answer, median {:.1f} ms"),
        ("first_p95_ms", "first answer, p95 {:.1f} ms"),
        ("model_runs_per_keystroke", "{:.2f} model runs per keystroke"),
        ("model_tokens_per_keystroke", "{:.1f} tokens per keystroke"),
        ("cpu_s_per_1000_keystrokes", "{:.0f} s of processor time per 1,000 keystrokes"),
        ("ready_s", "server ready {:.1f} s after its start"),
        ("budget_share", "{:.1%} of the answers limited by the budget"),
        ("text_share", "{:.0%} of the answers with a suggestion"),
        ("own_cpu_share", "{:.2f} cores used by the simulated typists"),
        ("late_p99_ms", "delay of sent keystrokes {:.1f} ms at p99"),
    ):
        value = figures.get(name)
        if value is not None:
            yield words.format(value).replace("%", " %")


def _load_of_random_weights(measured: Measured) -> str:
    """A sentence that compares the load of random weights with that of a trained model."""
    runs = {
        stage.name: figures
        for stage, result in measured
        if (figures := result.figures.get("", {})).get("model_runs_per_keystroke") is not None
    }
    if not {"typist", "shape"} <= runs.keys():
        return ""
    real, random = runs["typist"], runs["shape"]
    return (
        "A model of DistilGPT2's shape has the dimensions of DistilGPT2 and random weights. "
        "With random weights and texts drawn from them, the server needs "
        f"{random['model_runs_per_keystroke']:.2f} model runs per keystroke. With SmolLM2 and real mail it "
        f"needs {real['model_runs_per_keystroke']:.2f}. [latency/shapes.py](../latency/shapes.py) describes "
        "how these weights and texts are made."
    )


def _verdicts(stage: Stage, result: Result) -> list[tuple[str, Verdict]]:
    """The verdicts on the figures of a stage, each with the name of its budget."""
    return [
        (name, verdict)
        for name in stage.budgets
        for verdict in judge(find_budget(name), result.figures.get(name, {}))
    ]


def _row(words: str, verdict: Verdict) -> str:
    mark = {True: "kept", False: "**not kept**", None: "not measured"}[verdict.kept]
    measured = "" if verdict.measured is None else _value(verdict.figure, verdict.measured)
    limit = _value(verdict.figure, verdict.limit)
    if verdict.kept is False and measured == limit:  # a limit that is just missed would look kept
        measured = f"{measured} (rounded)"
    sign = "at most" if verdict.upper else "at least"
    return f"| {words} | {measured} | {sign} {limit} | {mark} |"


def _words(figure: str, budget: str = "") -> str:
    return WORDS_OF_BUDGET.get((budget, figure)) or WORDS.get(figure, figure)


def _value(figure: str, value: float) -> str:
    """`value` with the unit in which the figure's name ends."""
    if figure.endswith("_ms"):
        return f"{value:.3g} ms" if value < 1000 else f"{value:,.0f} ms"
    if figure.endswith("_mb"):
        return f"{value:.0f} MB"
    if figure.endswith("_share"):
        return f"{100 * value:.3g} %"
    return f"{value:.3g}" if figure.endswith("_ratio") else f"{value:g}"
