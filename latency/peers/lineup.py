"""Who is compared: for each peer its driver, whose packages it needs, and which weights it reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from latency.peers.child import Launch
from latency.peers.environment import Environment
from latency.peers.weights import NoWeightsError, Weights

OURS = "Foretype"
RIVAL = "llama.cpp Q4_1"  # reads the recipe's own file: the one that budget.toml's ratios are taken against

_DRIVERS = "latency.peers.drivers"


@dataclass(frozen=True, slots=True)
class Peer:
    """`package` None: it runs in Foretype's own environment. `keystrokes`: at most so many, as it is slow."""

    name: str
    driver: str
    package: str | None
    weights: Callable[[Weights], Path]
    label: str = ""  # what its driver calls the weights
    keystrokes: int | None = None

    @property
    def slug(self) -> str:
        """The name as a part of a file's name."""
        return self.name.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that was not measured, or not to the end, and why."""

    name: str
    reason: str


PEERS = (
    Peer(RIVAL, "llamacpp", "llama-cpp-python", Weights.original, "Q4_1"),
    Peer("llama.cpp Q8_0", "llamacpp", "llama-cpp-python", Weights.eight_bits, "Q8_0"),
    Peer("onnxruntime-genai int4", "genai", "onnxruntime-genai", Weights.genai_int4_folder, "int4"),
    Peer("onnxruntime-genai int8", "genai", "onnxruntime-genai", Weights.genai_int8_folder, "int8"),
    Peer("CTranslate2 int8", "ctranslate", "ctranslate2", Weights.ctranslate2_folder, "int8"),
    Peer("transformers float32", "transformers_torch", None, Weights.transformers_folder, keystrokes=30),
)


def our_launch(folder: Path, threads: int, log: Path) -> Launch:
    """Foretype's runtime, with the prepared model in `folder`."""
    options = {"weights": str(folder), "threads": threads}
    return Launch(OURS, Path(sys.executable), f"{_DRIVERS}.ours", options, log)


def find_launch(
    peer: Peer,
    environment: Environment,
    weights: Weights,
    not_installed: Mapping[str, str],
    options: Mapping[str, object],
    log: Path,
) -> Launch | Missing:
    """How to start a peer. `not_installed` says why by package; `options` are those that all drivers take."""
    if peer.package is not None and peer.package in not_installed:
        return Missing(peer.name, not_installed[peer.package])
    try:
        where = peer.weights(weights)
    except NoWeightsError as error:
        return Missing(peer.name, f"no weights: {error}")
    python = environment.python if peer.package else Path(sys.executable)
    given = {"weights": str(where), "name": peer.label} | dict(options)
    return Launch(peer.name, python, f"{_DRIVERS}.{peer.driver}", given, log)


def choose(names: Sequence[str]) -> list[Peer]:
    """The peers whose names begin so, in any case; all of them where nothing is named."""
    if not names:
        return list(PEERS)
    return [peer for peer in PEERS if any(peer.name.lower().startswith(name.lower()) for name in names)]
