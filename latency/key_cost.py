"""What a key costs on the page with the extension of this checkout and with that of an earlier commit:
`python -m latency.key_cost COMMIT`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.extension import BUILD, BUILT, EXTENSION, ExtensionUnavailableError, lend_packages, run_in
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile
from latency.paths import OUT
from latency.replay.figures import percentile
from latency.table_cells import number
from latency.verdicts import exit_if_missed
from latency.versus.checkout import this_checkout, worktree_of
from latency.versus.figures import ratio, ratio_name

RUN = ("npx", "playwright", "test", "--config", "test/measure/playwright.config.ts")
PROOF = Path("src") / "protocol" / "proof.ts"
"""An extension with this file asks the server for a proof of the token."""
ROWS = {
    "textarea_key_p50_ms": "main thread per key in a text area, median, ms",
    "textarea_key_p95_ms": "main thread per key in a text area, p95, ms",
    "editable_key_p50_ms": "main thread per key in an editable element, median, ms",
    "editable_key_p95_ms": "main thread per key in an editable element, p95, ms",
    "ghost_p50_ms": "from the key to the suggestion, median, ms",
    "ghost_p95_ms": "from the key to the suggestion, p95, ms",
    "idle_ms": "busy page, main thread per second without a suggestion, ms",
    "frame_ms": "busy page, main thread per frame with a suggestion, ms",
}

app = new_app()


@dataclass(frozen=True, slots=True)
class Seen:
    """The times of one build in milliseconds, as `key-cost.spec.ts` writes them. `key`: by kind of field."""

    key: Mapping[str, Sequence[float]]
    ghost: Sequence[float]
    idle: Sequence[float]
    frame: Sequence[float]

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`. `idle` and `frame` are means."""
        ranked = {f"{kind}_key": times for kind, times in self.key.items()} | {"ghost": self.ghost}
        flat: dict[str, float | None] = {}
        for name, times in ranked.items():
            ordered = sorted(times)
            for rank, share in (("p50", 0.5), ("p95", 0.95)):
                flat[f"{name}_{rank}_ms"] = percentile(ordered, share) if ordered else None
        return flat | {f"{name}_ms": fmean(getattr(self, name)) for name in ("idle", "frame")}


@app.command()
def main(
    commit: Annotated[
        str, typer.Argument(help="The commit whose extension is compared: a hash, branch or tag.")
    ],
    rounds: Annotated[int, typer.Option(min=1, help="How often the text is typed with each extension.")] = 8,
    out: FiguresFile = OUT / "key-cost.json",
    check: Check = None,
) -> None:
    """Compare what a key costs on the page with the extension of an earlier commit, in Chromium.

    The commit's extension is built in `latency/out/versus` with the packages of this checkout. The same text
    is typed with both extensions, in turns, with a server whose answers are scripted. The busy page has
    50,000 nodes and changes 100 times a second. Needs Chromium and the extension's packages.

    **Examples**

    * `python -m latency.key_cost 14cb6b9 --check key-cost` — 8 minutes

    * `python -m latency.key_cost HEAD~1 --rounds 1` — a short try, 2.5 minutes
    """
    console = Console()
    with errors_as_sentences(console, "key_cost"):
        budget = find_optional_budget(check)
        name, root = worktree_of(commit)
        names = (this_checkout({}).name, name[:7])
        folders = (EXTENSION, root / "extension")
        for folder in folders:
            lend_packages(folder)
            for step in BUILD:
                run_in(folder, step)
        ours, theirs = measured(folders, rounds)
    mine, other = ours.flat(), theirs.flat()
    _print(names, rounds, mine, other, console)
    flat = mine | {ratio_name(figure): ratio(value, other[figure]) for figure, value in mine.items()}
    write_figures(out, {"commits": names, "flat": flat, "theirs": other})
    console.print(f"Figures written to {out}", soft_wrap=True)
    exit_if_missed(budget, flat, console)


def measured(folders: Sequence[Path], rounds: int) -> list[Seen]:
    """Types with the extensions that are built in `folders`. Raises `ExtensionUnavailableError`."""
    builds = [{"folder": str(folder / BUILT), "wantsProof": (folder / PROOF).is_file()} for folder in folders]
    with TemporaryDirectory() as temporary:
        figures = Path(temporary) / "figures.json"
        run_in(
            EXTENSION,
            RUN,
            {
                "FORETYPE_BUILDS": json.dumps(builds),
                "FORETYPE_ROUNDS": str(rounds),
                "FORETYPE_FIGURES": str(figures),
            },
        )
        try:
            seen: list[dict[str, Any]] = json.loads(figures.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ExtensionUnavailableError(f"{' '.join(RUN)} wrote no figures.") from error
    return [Seen(**one) for one in seen]


def _print(
    names: tuple[str, str],
    rounds: int,
    mine: Mapping[str, float | None],
    other: Mapping[str, float | None],
    console: Console,
) -> None:
    table = Table(title=f"{machine()}, Chromium: {rounds} rounds", title_justify="left")
    for heading in ("", *names, "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    for figure, words in ROWS.items():
        quotient = number(ratio(mine[figure], other[figure]), 2)
        table.add_row(words, number(mine[figure], 2), number(other[figure], 2), quotient)
    console.print(table)


if __name__ == "__main__":
    app(prog_name="python -m latency.key_cost")
