"""The stages of `make bench`: each is a command, the file of its figures, and the tables of budget.toml that
limit them.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from latency.paths import OUT, ROOT

RESULTS = OUT / "bench"
IMAGES = "docs/images"
SHAPE = "distilgpt2-random-weights"


@dataclass(frozen=True, slots=True)
class Stage:
    """The command is `python -m module options`. `budgets` are the tables that limit its figures.

    `picture` is a file in docs/images. `before` is a module with options that prepares something; its time
    does not count.
    """

    name: str
    title: str
    module: str
    options: tuple[str, ...]
    budgets: tuple[str, ...] = ()
    picture: str | None = None
    before: tuple[str, ...] = ()

    @property
    def figures(self) -> Path:
        """The file that the command writes."""
        return RESULTS / f"{self.name}-figures.json"

    @property
    def result(self) -> Path:
        """The file with the result of the stage's last run."""
        return RESULTS / f"{self.name}.json"

    @property
    def command(self) -> str:
        """The command as a person would type it in the checkout."""
        return f"python -m {self.module} {' '.join(self.arguments(short=True))}"

    def arguments(self, *, short: bool = False) -> list[str]:
        """The options, with the files that are written unless `short`."""
        arguments = [*self.options, *(part for name in self.budgets for part in ("--check", name))]
        if not short:
            arguments += ["--json", str(self.figures)]
            if self.picture:
                arguments += ["--picture", str(ROOT / IMAGES / self.picture)]
        return arguments


_REPLAY = ("--serve", "--mails", "40", "--model")

STAGES = (
    Stage(
        "typist",
        "One typist, 40 words a minute",
        "latency.replay",
        (*_REPLAY, "smollm2-135m", "--limit", "2.5"),
        ("ahead",),
        picture="latency.svg",
    ),
    Stage(
        "fast-typist",
        "One typist, 100 words a minute",
        "latency.replay",
        (*_REPLAY, "smollm2-135m", "--limit", "1", "--wpm", "100"),
        ("fast-typist",),
    ),
    Stage("peers", "Compared with llama.cpp, same weights", "latency.peers", ("--quick",), ("peers",)),
    Stage(
        "capacity",
        "Many typists, 40 words a minute each",
        "latency.capacity",
        ("--typists", "8,16,24,32,48", "--hold", "25", "--ramp", "6", "--beyond", "--beyond-hold", "60"),
        ("capacity-smollm2", "overload"),
        picture="capacity.svg",
    ),
    Stage(
        "shape",
        "One typist on DistilGPT2's shape, random weights",
        "latency.replay",
        (*_REPLAY, SHAPE, "--limit", "0.75"),
        before=("latency.shapes", "distilgpt2"),
    ),
    Stage(
        "capacity-shape",
        "Many typists on DistilGPT2's shape, random weights",
        "latency.capacity",
        ("--model", SHAPE, "--typists", "30,60,90", "--hold", "25", "--ramp", "6"),
        ("capacity-distilgpt2",),
        picture="capacity-distilgpt2-shape.svg",
        before=("latency.shapes", "distilgpt2"),
    ),
)


def exists(stage: Stage) -> bool:
    """Whether this checkout has the stage's module."""
    return importlib.util.find_spec(stage.module) is not None
