"""The command `python -m latency.gpu`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer
from rich.console import Console

from foretype.models.weights import FLOAT16
from foretype.prepare.gate import gate_text
from foretype.runtime.providers import (
    ProviderMissingError,
    Surroundings,
    WrongWeightsError,
    choose_provider,
)
from foretype.support.cores import physical_cores
from foretype.support.execution_provider import ON_NVIDIA, Provider
from foretype.support.settings import load
from latency.command import LIMIT_MISSED, errors_as_sentences, new_app, print_error
from latency.event_loop import run
from latency.gpu.device_parity import parity
from latency.gpu.model_on_device import ModelOnDevice
from latency.gpu.own_process import run_in_own_process
from latency.gpu.report import DeviceFigures, print_report, write_json
from latency.gpu.run_times import run_times
from latency.gpu.time_shares import Part, limit, parts
from latency.gpu.typists import TypingSetup, measure
from latency.options import FiguresFile, TextsOrGate
from latency.parity import POSITIONS
from latency.paths import MAILS, OUT, ROOT
from latency.replay.texts import read_texts, typable

PROVIDER_MISSING = 1  # the exit code if the provider cannot be used
CHARS = 450  # of each text that is typed

app = new_app()


@dataclass(frozen=True, slots=True)
class GpuSetup:
    """The amounts that are measured on each device."""

    positions: int  # tokens of the gate's text whose logits are compared
    first: int  # tokens before each run that is timed
    turns: int  # how often each run is timed
    typing: TypingSetup


FULL = GpuSetup(POSITIONS, 64, 20, TypingSetup(typist_s=60, ramp_s=8, hold_s=15, first=8))
QUICK = GpuSetup(64, 16, 2, TypingSetup(typist_s=8, ramp_s=1, hold_s=3, first=1))


@dataclass(frozen=True, slots=True)
class MeasuredDevice:
    """A device, its name in the report, and the price of its machine in dollars an hour."""

    part_name: str  # `gpu` or `cpu`
    title: str
    model: ModelOnDevice
    price: float | None


@app.command()
def main(
    price: Annotated[float, typer.Option(min=0, help="The price of this machine, in dollars an hour.")],
    provider: Annotated[
        Provider, typer.Option(help="cuda or tensorrt for GPU and CPU; cpu for the CPU alone.")
    ] = Provider.CUDA,
    model: Annotated[
        str, typer.Option(help="The name of the prepared model in both models folders.")
    ] = "smollm2-135m",
    gpu_models: Annotated[
        Path, typer.Option(help="The models folder for the GPU, with float16 weights.")
    ] = ROOT / "models" / "gpu",
    cpu_models: Annotated[
        Path | None,
        typer.Option(help="The models folder for the CPU. Default: the one of `foretype serve`."),
    ] = None,
    cpu_price: Annotated[
        float | None,
        typer.Option(min=0, help="The price of the same machine without a GPU, in dollars an hour."),
    ] = None,
    texts: TextsOrGate = None,
    minutes: Annotated[
        float, typer.Option(min=0.5, help="How many minutes the whole measurement may take.")
    ] = 9.5,
    quick: Annotated[
        bool, typer.Option("--quick", help="Measure little, in about a minute, to see whether it works.")
    ] = False,
    out: FiguresFile = OUT / "gpu.json",
) -> None:
    """Measure how many typists a machine with a GPU can serve and what they cost, compared with its CPU.

    On each device: whether logits are those of the CPU, how long runs take, one typist, crowds of typists.
    The measurement needs no network. The models must be prepared before. The exit code is 1 if logits differ
    too much, were not compared, or the GPU cannot be used.

    **Examples**

    * `python -m latency.gpu --price 0.80` — on a machine with an NVIDIA GPU, within ten minutes

    * `python -m latency.gpu --provider cpu --quick --price 0.10` — the same without a GPU, and short
    """
    console = Console()
    setup = QUICK if quick else FULL
    with errors_as_sentences(console, "gpu"), _provider_needed(console):
        if provider not in (Provider.CPU, *ON_NVIDIA):
            raise ProviderMissingError("Choose a provider: --provider cuda, tensorrt or cpu.")
        cpu = ModelOnDevice((cpu_models or load().models_dir) / model, Provider.CPU, load().threads)
        targets = [MeasuredDevice("cpu", "CPU", cpu, price if provider is Provider.CPU else cpu_price)]
        if provider is not Provider.CPU:
            targets.insert(0, _on_gpu(provider, gpu_models / model, price))
        found = _measure(targets, _texts(texts), setup, minutes * 60, console)
    print_report(found, console)
    if quick:
        console.print(
            "--quick measured only for seconds: the figures show that it works, not how fast it is."
        )
    write_json(found, out, model=model, quick=quick)
    console.print(f"Figures written to {out}", soft_wrap=True)
    if not all(one.agrees for one in found):
        raise typer.Exit(LIMIT_MISSED)


@contextmanager
def _provider_needed(console: Console) -> Iterator[None]:
    """If the provider is missing, prints why and exits with 1."""
    try:
        yield
    except ProviderMissingError as error:
        print_error(console, "gpu", error)
        console.print("--provider cpu measures the CPU alone.")
        raise typer.Exit(PROVIDER_MISSING) from None


def _on_gpu(provider: Provider, folder: Path, price: float) -> MeasuredDevice:
    """Raises ProviderMissingError if there is no GPU, WrongWeightsError, PreparedInvalidError."""
    there = Surroundings.here()
    choose_provider(provider, there, half=True)
    assert there.gpu is not None
    model = ModelOnDevice(folder, provider, physical_cores())
    if model.weights != FLOAT16:
        raise WrongWeightsError(folder, model.weights, FLOAT16)
    return MeasuredDevice("gpu", there.gpu.name, model, price)


def _texts(folder: Path | None) -> list[str]:
    """Raises `NoTextsError`."""
    if folder is not None or MAILS.is_dir():
        return read_texts(folder or MAILS, chars=CHARS)
    return wrap(typable(gate_text()), CHARS)


def _measure(
    targets: Sequence[MeasuredDevice], texts: Sequence[str], setup: GpuSetup, total_s: float, console: Console
) -> list[DeviceFigures]:
    """Measures each part on each device in turn. Raises ModelError if a model cannot be loaded."""
    end = time.monotonic() + total_s
    weights = parts([target.part_name for target in targets])

    def limit_of(target: MeasuredDevice, name: str) -> float:
        return limit(Part(target.part_name, name), weights, end - time.monotonic())

    found = [DeviceFigures(one.title, one.model.provider, one.model.weights, one.price) for one in targets]
    for target, here in zip(targets, found, strict=True):
        console.print(f"Measuring on {target.title}: logits, runs of the model, one typist, crowds")
        here.parity, note = run_in_own_process(
            parity, target.model, setup.positions, limit_s=limit_of(target, "parity")
        )
        _note(here, "parity", note)
        here.steps, note = run_in_own_process(
            run_times, target.model, setup.first, setup.turns, limit_s=limit_of(target, "steps")
        )
        _note(here, "runs", note)
        here.typed = run(
            measure(
                _settings(target.model),
                texts,
                setup.typing,
                log=OUT / f"gpu-{target.part_name}-server.log",
                typist_limit=limit_of(target, "typist"),
                crowd_limit=partial(limit_of, target, "capacity"),
            )
        )
    return found


def _note(found: DeviceFigures, part: str, note: str | None) -> None:
    if note is not None:
        found.notes[part] = note


def _settings(model: ModelOnDevice) -> dict[str, str]:
    """The settings of a server that serves `model`."""
    return {
        "FORETYPE_MODEL": model.folder.name,
        "FORETYPE_MODELS_DIR": str(model.folder.parent),
        "FORETYPE_PROVIDER": model.provider.value,
    }
