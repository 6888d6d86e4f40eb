"""A provider is tried with the real model, as weights are: by the same gate and clock. Only the CPU runs on
every machine, so it takes the place of a provider here, with faults between it and the trial.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foretype.prepare import provider_process, provider_trial, race
from foretype.prepare.ensure import ensure_prepared
from foretype.prepare.provider_process import Finding, find, require_better
from foretype.prepare.provider_trial import Trial, try_provider
from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.providers import ProviderUnusableError
from foretype.support.execution_provider import Provider
from foretype.support.settings import Settings

GOOD = Trial(
    nodes=100,
    taken=90,
    left=("GroupQueryAttention",),
    bits_per_byte=1.0,
    cpu_bits_per_byte=1.0,
    apart=0.001,
    step_ms=5.0,
    cpu_step_ms=9.0,
    prefill_ms=50.0,
    cpu_prefill_ms=90.0,
)
NAN = float("nan")


def test_a_provider_that_is_as_good_and_faster_is_not_refused() -> None:
    assert GOOD.refusal is None


@pytest.mark.parametrize(
    ("worse", "reason"),
    [
        ({"taken": 0}, "it takes no part of the model's graph"),
        ({"bits_per_byte": 1.02}, "it predicts worse: 1.020 bits per byte, on the CPU 1.000"),
        ({"bits_per_byte": NAN}, "it predicts worse"),
        ({"apart": 0.2}, "its logits differ from the CPU's by up to 20% of the largest logit"),
        ({"apart": NAN}, "its logits differ from the CPU"),
        ({"step_ms": 9.0}, "it is not faster: a step takes 9.0 ms, on the CPU 9.0 ms"),
    ],
)
def test_a_provider_that_is_worse_in_one_way_is_refused_for_it(worse: dict[str, Any], reason: str) -> None:
    refusal = replace(GOOD, **worse).refusal
    assert refusal is not None
    assert reason in refusal
    assert refusal.endswith(".")


# -- the process --------------------------------------------------------


def instead(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(provider_process, "COMMAND", (sys.executable, "-c", program))


def test_a_trial_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, "import time; time.sleep(600)")
    finding = find(Provider.WEBGPU, None, 1, limit_s=0.5)
    assert finding.trouble == "its trial took longer than 0 s."
    assert finding.refusal == finding.trouble


@pytest.mark.parametrize("line", [b"Loading the driver", b"\xff\xfe", b"1", b"NaN", b"[]", b"", b"{"])
def test_a_line_that_cannot_be_read_is_trouble_of_that_provider(
    line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = b'{"devices": ["GPU (AMD)"]}\n' + line + b"\n"
    instead(monkeypatch, f"import sys; sys.stdout.buffer.write({written!r})")
    finding = find(Provider.WEBGPU, None, 1)
    assert finding.devices == ("GPU (AMD)",)
    assert finding.refusal == provider_process.UNREADABLE


PRINTS = """
import os
from foretype.prepare import provider_process
class Loud:
    @classmethod
    def here(cls, provider):
        os.write(1, b"Loading the driver\\xff\\n")
        print("1", flush=True)
provider_process.Surroundings = Loud
provider_process.devices_of = lambda provider, there: ["GPU (AMD)"]
provider_process.choose_provider = lambda provider, there, half: None
provider_process.main()
"""


def test_what_libraries_print_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, PRINTS)
    assert find(Provider.WEBGPU, None, 1) == Finding(("GPU (AMD)",))


def test_a_process_that_ends_by_itself_is_said_with_its_devices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instead(monkeypatch, """print('{"devices": ["GPU (AMD)"]}', flush=True); raise SystemExit(3)""")
    finding = find(Provider.WEBGPU, None, 1)
    assert finding.devices == ("GPU (AMD)",)
    assert finding.trouble == "its process ended with exit code 3."


def test_a_provider_is_served_only_if_its_trial_says_so(
    monkeypatch: pytest.MonkeyPatch, log_lines: list[dict[str, Any]]
) -> None:
    trials = iter([GOOD, replace(GOOD, step_ms=10.0)])
    monkeypatch.setattr(
        provider_process, "find", lambda *_: provider_process.Finding(("GPU (AMD)",), next(trials))
    )
    require_better(Provider.WEBGPU, Path("model"), 1)
    assert [line["event"] for line in log_lines] == ["provider_tried"]
    with pytest.raises(ProviderUnusableError, match=r"but it is not faster: .* FORETYPE_PROVIDER=cpu"):
        require_better(Provider.WEBGPU, Path("model"), 1)


# -- the real model --------------------------------------------------------


class Blind:
    """A runtime whose tokens see all tokens before them, as with a kernel that ignores `attention_bias`."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.provider = real.provider

    def new_pool(self, rows: int, capacity: int) -> Pool:
        pool: Pool = self._real.new_pool(rows, capacity)
        return pool

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        logits: Logits = self._real.run(arena, replace(chunk, visible=None))
        return logits

    def run_together(self, steps: Sequence[Step]) -> Logits:
        logits: Logits = self._real.run_together(steps)
        return logits


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the real model. Prepares it if it is not there yet, which takes minutes."""
    monkeypatch.setattr(provider_trial, "TOKENS", 40)
    monkeypatch.setattr(race, "ROUNDS", 2)
    monkeypatch.setattr(race, "STEPS", 2)
    return ensure_prepared(Settings(model="smollm2-135m")).folder


@pytest.mark.model
def test_the_cpu_beside_itself_computes_the_same(folder: Path) -> None:
    trial = try_provider(folder, Provider.CPU, 1)
    assert trial.taken == trial.nodes > 100
    assert trial.left == ()
    assert trial.apart < 1e-5
    assert trial.bits_per_byte == pytest.approx(trial.cpu_bits_per_byte)
    assert trial.step_ms > 0


@pytest.mark.model
def test_a_provider_that_does_not_see_the_tree_is_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = provider_trial.open_runtime
    first = iter([Blind, lambda real: real])
    monkeypatch.setattr(
        provider_trial, "open_runtime", lambda *args, **more: next(first)(opened(*args, **more))
    )
    trial = try_provider(folder, Provider.CPU, 1)
    assert trial.bits_per_byte == pytest.approx(trial.cpu_bits_per_byte), "a text alone does not show it"
    assert trial.refusal is not None
    assert "its logits differ from the CPU" in trial.refusal
