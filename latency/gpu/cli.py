"""The command line of the measurement on a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from foretype.cli.commands import command
from foretype.models.errors import ModelError
from foretype.models.prepared import load_prepared
from foretype.models.weights import FLOAT16
from foretype.prepare.gate import gate_text
from foretype.runtime.providers import ProviderMissingError, Surroundings, choose_provider
from foretype.support.cores import physical_cores
from foretype.support.provider import Provider
from foretype.support.settings import load
from latency.gpu.apart import gather
from latency.gpu.device import Device, parity, steps
from latency.gpu.people import Size, measure
from latency.gpu.plan import Part, limit, parts
from latency.gpu.report import Found, print_report, write_json
from latency.loop import run
from latency.parity import POSITIONS
from latency.places import MAILS, OUT, ROOT
from latency.replay.texts import NoTextsError, read_texts, typable

CHARS = 450  # of each text
app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """`first` and `turns` are those of the runs that are timed."""

    positions: int
    first: int
    turns: int
    size: Size


WHOLE = Plan(POSITIONS, 64, 20, Size(typist_s=60, ramp_s=8, hold_s=15, first=8))
QUICK = Plan(64, 16, 2, Size(typist_s=8, ramp_s=1, hold_s=3, first=1))


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be measured, under which name."""

    name: str
    called: str
    device: Device
    price: float | None


@app.command()
def main(
    price: Annotated[float, typer.Option(min=0, help="Dollars an hour for the machine that is measured.")],
    provider: Annotated[Provider, typer.Option(help="cuda, tensorrt, or cpu for the CPU alone.")] = (
        Provider.CUDA
    ),
    model: Annotated[str, typer.Option(help="The prepared model, for both.")] = "smollm2-135m",
    gpu_models: Annotated[
        Path, typer.Option(help="The models folder for the GPU, with float16 weights.")
    ] = ROOT / "models" / "gpu",
    cpu_models: Annotated[
        Path | None, typer.Option(help="The one for the CPU; by default the server's own.")
    ] = None,
    cpu_price: Annotated[
        float | None, typer.Option(min=0, help="Dollars an hour for the same machine without its GPU.")
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="A folder of .txt files to type; by default real mails, else the gate's own text."),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.5, help="How long all of it may take.")] = 9.5,
    quick: Annotated[bool, typer.Option("--quick", help="Small and rough, to see that it runs.")] = False,
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = OUT / "gpu.json",
) -> None:
    """What one GPU carries and costs, beside the same machine's CPU: parity, runs, one typist, a crowd.

    It asks nothing of the network; the models are to be prepared before.

    **Examples**

    * `python -m latency.gpu --price 0.80` — on a machine with an NVIDIA GPU, within ten minutes

    * `python -m latency.gpu --provider cpu --quick --price 0.10` — the same code where there is none
    """
    console = Console()
    plan = QUICK if quick else WHOLE
    try:
        if provider is Provider.AUTO:
            raise ProviderMissingError("Say which: --provider cuda, tensorrt or cpu.")
        cpu = Device((cpu_models or load().models_dir) / model, Provider.CPU, load().threads)
        targets = [Target("cpu", "CPU", cpu, price if provider is Provider.CPU else cpu_price)]
        if provider is not Provider.CPU:
            targets.insert(0, _on_gpu(provider, gpu_models / model, price))
        found = _measure(targets, _texts(texts), plan, minutes * 60, console)
    except ProviderMissingError as error:
        console.print(
            f"[bold red]gpu:[/] {escape(str(error))} --provider cpu measures the CPU alone.", soft_wrap=True
        )
        raise typer.Exit(1) from None
    except (ModelError, NoTextsError) as error:
        console.print(f"[bold red]gpu:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from None
    print_report(found, console)
    if quick:
        console.print("Quick: a few seconds of each show that it runs, not what it carries.")
    write_json(found, out, model=model, quick=quick)
    console.print(f"The same as numbers: {out}", soft_wrap=True)
    if not all(one.agrees for one in found):
        raise typer.Exit(1)


def _on_gpu(provider: Provider, folder: Path, price: float) -> Target:
    """Raises ProviderMissingError where there is no GPU, and PreparedInvalidError."""
    there = Surroundings.here()
    choose_provider(provider, there, half=True)
    assert there.gpu is not None
    weights = load_prepared(folder).manifest.weights
    if weights != FLOAT16:
        raise ProviderMissingError(
            f"The model in {folder} has {weights} weights; make the GPU's with: "
            + command("prepare", folder.name, "--weights", FLOAT16, models_dir=folder.parent)
            + "."
        )
    return Target("gpu", there.gpu.name, Device(folder, provider, physical_cores()), price)


def _texts(folder: Path | None) -> list[str]:
    """Raises `NoTextsError`."""
    if folder is not None or MAILS.is_dir():
        return read_texts(folder or MAILS, chars=CHARS)
    gate = gate_text()
    return wrap(typable(gate), CHARS)


def _measure(
    targets: Sequence[Target], texts: Sequence[str], plan: Plan, total_s: float, console: Console
) -> list[Found]:
    """Every part of every target in turn. Raises ModelError where a model is not there."""
    end = time.monotonic() + total_s
    weights = parts([target.name for target in targets])

    def limit_of(target: Target, name: str) -> float:
        return limit(Part(target.name, name), weights, end - time.monotonic())

    found = [
        Found(one.called, one.device.provider, load_prepared(one.device.folder).manifest.weights, one.price)
        for one in targets
    ]
    for target, here in zip(targets, found, strict=True):
        console.print(f"{target.called}: parity, runs of the model, one typist, a crowd")
        here.parity, note = gather(parity, target.device, plan.positions, limit_s=limit_of(target, "parity"))
        _note(here, "parity", note)
        here.steps, note = gather(
            steps, target.device, plan.first, plan.turns, limit_s=limit_of(target, "steps")
        )
        _note(here, "runs", note)
        here.typed = run(
            measure(
                _settings(target.device),
                texts,
                plan.size,
                log=OUT / f"gpu-{target.name}-server.log",
                typist_limit=limit_of(target, "typist"),
                crowd_limit=partial(limit_of, target, "capacity"),
            )
        )
    return found


def _note(found: Found, part: str, note: str | None) -> None:
    if note is not None:
        found.notes[part] = note


def _settings(device: Device) -> dict[str, str]:
    """The server's."""
    return {
        "FORETYPE_MODEL": device.folder.name,
        "FORETYPE_MODELS_DIR": str(device.folder.parent),
        "FORETYPE_PROVIDER": device.provider.value,
    }
