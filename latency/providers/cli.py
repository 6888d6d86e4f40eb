"""The command `python -m latency.providers`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import onnxruntime as ort
import psutil
import typer
from rich.console import Console

from foretype.models.prepared import load_prepared
from foretype.prepare.provider_trial import Trial
from foretype.runtime.plugins import installed_wheel
from foretype.runtime.providers import NAMES, installed_runtimes
from foretype.support import settings
from foretype.support.cores import physical_cores
from foretype.support.execution_provider import ON_NVIDIA, Provider
from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.figures_file import write_figures
from latency.gpu.own_process import run_in_own_process
from latency.machine import machine
from latency.marked import check_marks, write_between
from latency.options import FiguresFile, Model
from latency.paths import OUT, PYTHON_PATH, ROOT
from latency.providers.attention_forms import try_forms
from latency.providers.environment import FOLDER, Pin, python_with
from latency.providers.model_trial import try_model
from latency.providers.report import ProviderFigures, forms_table, markdown, model_table

NAME = "latency.providers"
TURNS = 200
FORMS_LIMIT_S = 120.0
MODEL_LIMIT_S = 900.0

app = new_app()


@app.command()
def main(
    package: Annotated[
        list[str] | None,
        typer.Option(
            help="The package of a provider, as NAME==VERSION. It is measured in an environment of its own, "
            "which is made if there is none. Repeatable. Default: what is installed here."
        ),
    ] = None,
    model: Model = "smollm2-135m",
    turns: Annotated[int, typer.Option(min=1, help="How often each form of the attention runs.")] = TURNS,
    limit: Annotated[
        float, typer.Option(min=1, help="How many seconds the trial of the whole model may take.")
    ] = MODEL_LIMIT_S,
    page: Annotated[
        Path | None, typer.Option(help="A page with marks, between which the tables are written.")
    ] = None,
    out: FiguresFile = OUT / "providers.json",
) -> None:
    """Measure the prepared model, and its attention in three forms, on each provider, beside the CPU.

    The whole model is tried as `foretype serve --provider` does it: nodes taken, differences of logits, bits
    per byte, and the time of a step, on the provider and on the CPU in turns in one process. Then one layer's
    attention runs in each form in which ONNX can express it. CUDA and TensorRT have a measurement of their
    own: latency.gpu.

    **Examples**

    * `python -m latency.providers` — what is installed here

    * `python -m latency.providers --package onnxruntime-openvino==1.24.1 --page docs/providers.md`
    """
    console = Console(highlight=False)
    with errors_as_sentences(console, "providers"):
        if page is not None:
            check_marks(page, NAME)
        folder = load_prepared(settings.load().models_dir / model).folder
        busy = psutil.getloadavg()[0]
        if package:
            pins = [Pin.of(one) for one in package]
            figures = [one for pin in pins for one in _measured_in(pin, folder, turns, limit, console)]
        else:
            figures = [_measured(one, folder, turns, limit, console) for one in Provider if _is_plug_in(one)]
        title = f"{folder.name}, {machine()}, {physical_cores()} threads, load average {busy:.1f}."
        write_figures(out, {"title": title, "providers": [one.as_json() for one in figures]})
        if page is not None:
            write_between(page, NAME, markdown(figures, title))
    console.print(model_table(figures, title))
    console.print(forms_table(figures))
    for one in figures:
        for note in one.notes:
            console.print(f"{one.provider}: {note}", markup=False, soft_wrap=True)


def _is_plug_in(provider: Provider) -> bool:
    return provider not in (Provider.AUTO, Provider.CPU, *ON_NVIDIA)


def _measured_in(
    pin: Pin, folder: Path, turns: int, limit_s: float, console: Console
) -> Sequence[ProviderFigures]:
    """What this command measures in an environment with `pin`: only providers that it brings. Raises
    NoEnvironmentError, MeasurementError.
    """
    console.print(f"Making an environment with {pin}, if there is none yet")
    python = python_with(pin)
    figures = FOLDER / f"{pin.package}-{pin.version}.json"
    options = ["--model", folder.name, "--turns", str(turns), "--limit", str(limit_s), "--json", str(figures)]
    environment = dict(os.environ) | {"PYTHONPATH": PYTHON_PATH, "FORETYPE_MODELS_DIR": str(folder.parent)}
    ended = subprocess.run([python, "-m", NAME, *options], cwd=ROOT, env=environment, check=False)
    if ended.returncode != 0:
        raise MeasurementError(f"The measurement with {pin} ended with exit code {ended.returncode}.")
    every = map(ProviderFigures.from_json, json.loads(figures.read_text("utf-8"))["providers"])
    return [one for one in every if pin.package in one.packages]


def _measured(
    provider: Provider, folder: Path, turns: int, limit_s: float, console: Console
) -> ProviderFigures:
    console.print(f"Measuring on {provider.value}")
    threads = physical_cores()
    forms, note = run_in_own_process(try_forms, provider, threads, turns, limit_s=FORMS_LIMIT_S)
    notes = [f"{one.form}: {one.note}" for one in forms if one.note]
    trials: list[Trial] = []
    if note is None:
        trials, note = run_in_own_process(try_model, folder, provider, threads, limit_s=limit_s)
        note = None if note is None else f"the whole model: {note}"
    if note is not None:
        notes.append(note)
    return ProviderFigures(
        provider.value, _packages_of(provider), forms, trials[0] if trials else None, notes
    )


def _packages_of(provider: Provider) -> str:
    """What brings the provider: its wheel, or ONNX Runtime itself. Empty if nothing does."""
    if (wheel := installed_wheel(provider)) is not None:
        return " ".join(wheel)
    if NAMES[provider] not in ort.get_available_providers():
        return ""
    return ", ".join(f"{name} {version}" for name, version in installed_runtimes().items())
