"""The peers: for each one its driver, its package and its weights, and how it is started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from latency.peers.environment import Environment
from latency.peers.peer_process import Launch
from latency.peers.weights import NoWeightsError, Weights

FORETYPE = "Foretype"
REFERENCE = "llama.cpp Q4_1"  # the ratios in budget.toml are to this peer, which reads the recipe's own file

_DRIVERS = "latency.peers.drivers"


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer without a `package` runs in Foretype's environment. A slow peer gets at most `keystrokes`."""

    name: str
    driver: str
    package: str | None
    weights: Callable[[Weights], Path]
    label: str = ""  # the name of the weights in the report
    keystrokes: int | None = None

    @property
    def slug(self) -> str:
        """The name, as a part of a file name."""
        return self.name.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class MissingPeer:
    """A peer that was not measured, or not completely, and the reason."""

    name: str
    reason: str


PEERS = (
    Peer(REFERENCE, "llamacpp", "llama-cpp-python", Weights.original, "Q4_1"),
    Peer("llama.cpp Q8_0", "llamacpp", "llama-cpp-python", Weights.eight_bits, "Q8_0"),
    Peer("onnxruntime-genai int4", "genai", "onnxruntime-genai", Weights.genai_int4_folder, "int4"),
    Peer("onnxruntime-genai int8", "genai", "onnxruntime-genai", Weights.genai_int8_folder, "int8"),
    Peer("CTranslate2 int8", "ctranslate", "ctranslate2", Weights.ctranslate2_folder, "int8"),
    Peer("transformers float32", "transformers_torch", None, Weights.transformers_folder, keystrokes=30),
)


def our_launch(folder: Path, threads: int, log: Path) -> Launch:
    """Foretype's runtime, with the prepared model in `folder`."""
    options = {"weights": str(folder), "threads": threads}
    return Launch(FORETYPE, Path(sys.executable), f"{_DRIVERS}.foretype_runtime", options, log)


def find_launch(
    peer: Peer,
    environment: Environment,
    weights: Weights,
    not_installed: Mapping[str, str],
    options: Mapping[str, object],
    log: Path,
) -> Launch | MissingPeer:
    """The command that starts a peer. `not_installed` has the reason for each package. `options` are for all
    drivers.
    """
    if peer.package is not None and peer.package in not_installed:
        return MissingPeer(peer.name, not_installed[peer.package])
    try:
        source = peer.weights(weights)
    except NoWeightsError as error:
        return MissingPeer(peer.name, f"no weights: {error}")
    python = environment.python if peer.package else Path(sys.executable)
    given = {"weights": str(source), "name": peer.label} | dict(options)
    return Launch(peer.name, python, f"{_DRIVERS}.{peer.driver}", given, log)


def peers_named(names: Sequence[str]) -> list[Peer]:
    """The peers whose names begin with one of `names` in any case. All peers if `names` is empty."""
    if not names:
        return list(PEERS)
    return [peer for peer in PEERS if any(peer.name.lower().startswith(name.lower()) for name in names)]
