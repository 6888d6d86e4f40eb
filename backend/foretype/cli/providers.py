"""`foretype providers`: the execution providers, and the time that a model's step takes on each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretype.cli.commands import command
from foretype.cli.common import USAGE, fail, in_ms, progress_console, say, settings_or_exit
from foretype.cli.options import Given, takes
from foretype.cli.tables import new_table, print_whole
from foretype.support.execution_provider import Provider
from foretype.support.wording import many

if TYPE_CHECKING:
    from rich.table import Table

    from foretype.prepare.provider_process import Finding
    from foretype.prepare.provider_trial import Trial
    from foretype.runtime.providers import Surroundings
    from foretype.support.settings import Settings


@takes("model", "models_dir", "threads")
def providers(
    given: Given,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the table into this JSON file.", show_default=False)
    ] = None,
) -> None:
    """List the execution providers, and try a prepared model on each that can be used here.

    An execution provider is the part of ONNX Runtime that computes: on the CPU, or on other hardware. Some
    come with ONNX Runtime, others in a package of their own (plug-ins).

    The second list has the figures of those that ran the model. "Step" is the time for one more token, and
    "CPU" that of the CPU in the same run. "Bits per byte" says how well the model predicts a fixed text:
    fewer are better, and the value in brackets is the CPU's. "Nodes" are the parts of the model's graph that
    the provider computes; the CPU computes the others. The lines at the end say why a provider is not used.
    `foretype serve --provider NAME` refuses it for the same reasons.

    Each provider is tried in a process of its own for some seconds, on slow hardware for up to five minutes.

    **Examples**

    `foretype providers` tries the prepared model.

    `foretype providers --model smollm2-135m --json providers.json` also writes the figures into a file.
    """
    settings = settings_or_exit(given)
    from rich.console import Console

    from foretype.cli.progress import draw_progress
    from foretype.models.errors import ModelError
    from foretype.runtime.plugins import unknown_plugins
    from foretype.runtime.providers import ProviderMissingError, Surroundings

    try:
        there = Surroundings.here()
        folder = _model(settings)
    except (ModelError, ProviderMissingError) as error:
        fail(error)
    rows = []
    with draw_progress(progress_console()) as progress:
        for provider in Provider:
            if provider is not Provider.AUTO:
                with progress.step(f"try {provider.value}"):
                    rows.append(_row(provider, there, folder, settings.threads))
    console = Console(highlight=False)
    print_whole(console, _overview(rows))
    tried = [(row.provider, trial) for row in rows if (trial := row.finding.trial) is not None]
    if tried:
        console.print()
        print_whole(console, _figures(tried))
    console.print()
    for row in rows:
        if row.finding.refusal is not None:
            console.print(f"{row.provider.value}: {row.finding.refusal}", markup=False, soft_wrap=True)
    console.print(_conclusion(folder, bool(tried), settings), markup=False, soft_wrap=True)
    if json is not None:
        _write(json, folder, rows)
    _warn_of_unknown(unknown_plugins())


@dataclass(frozen=True, slots=True)
class _Row:
    """installed: the package that brings the provider, and its version. None if none is installed. built_in:
    whether that package is ONNX Runtime itself, which does not list the devices of all its providers.
    """

    provider: Provider
    installed: str | None
    built_in: bool
    finding: Finding

    @property
    def found(self) -> str:
        if self.finding.devices:
            return ", ".join(self.finding.devices)
        if self.installed is None:
            return "–"
        return "built in" if self.built_in else "no device"


def _model(settings: Settings) -> Path | None:
    """The prepared model to try: the one that was asked for, else the one that would be served. None if none
    is prepared. Raises ModelError if it is damaged, or was asked for and is not prepared.
    """
    from foretype.models.prepared import load_prepared, prepared_names
    from foretype.models.recipe import DEFAULTS

    names = prepared_names(settings.models_dir)
    best = [name for name in (*DEFAULTS, *names) if name in names]
    name = settings.model or (best[0] if best else None)
    return None if name is None else load_prepared(settings.models_dir / name).folder


def _row(provider: Provider, there: Surroundings, folder: Path | None, threads: int) -> _Row:
    """Libraries of plug-ins are loaded in another process only. The CPU is not tried: each trial measures
    it.
    """
    from foretype.prepare.provider_process import Finding, find
    from foretype.runtime.plugins import installed_wheel
    from foretype.runtime.providers import NAMES, ProviderUnusableError, choose_provider

    built_in = NAMES[provider] in there.built_in
    if built_in:
        installed = next(f"{name} {version}" for name, version in there.installed.items())
    elif (wheel := installed_wheel(provider)) is not None:
        installed = " ".join(wheel)
    else:
        try:
            choose_provider(provider, there, half=True)
        except ProviderUnusableError as error:
            return _Row(provider, None, built_in, Finding((), trouble=error.reason))
        raise AssertionError(f"{provider} is neither built in nor installed, and was chosen")
    tried = None if provider is Provider.CPU else folder
    return _Row(provider, installed, built_in, find(provider, tried, threads))


def _overview(rows: Sequence[_Row]) -> Table:
    table = new_table("Provider", "Installed", "Found")
    for row in rows:
        table.add_row(row.provider.value, row.installed or "no", row.found)
    return table


def _figures(tried: Sequence[tuple[Provider, Trial]]) -> Table:
    table = new_table("Provider", "Step", "CPU", "Bits per byte", "Nodes")
    for provider, trial in tried:
        table.add_row(
            provider.value,
            in_ms(trial.step_ms),
            in_ms(trial.cpu_step_ms),
            f"{trial.bits_per_byte:.3f} ({trial.cpu_bits_per_byte:.3f})",
            f"{trial.taken:,} of {trial.nodes:,}",
        )
    return table


def _conclusion(folder: Path | None, tried: bool, settings: Settings) -> str:
    if folder is None:
        make = command("prepare", models_dir=settings.models_dir)
        return f"No model is prepared yet, so no provider was tried. Prepare one with: {make}"
    if not tried:
        return f"Only the CPU can run {folder.name} here."
    return f"Tried with {folder.name} and {many(settings.threads, 'thread')}."


def _warn_of_unknown(plugins: dict[str, str]) -> None:
    from foretype.runtime.plugins import WHEELS

    for name, version in plugins.items():
        known = ", ".join(wheel.packages[0] for wheel in WHEELS.values())
        say(f"{name} {version} is installed, but Foretype does not know this plug-in. It knows: {known}.")


def _write(file: Path, folder: Path | None, rows: Sequence[_Row]) -> None:
    found = {
        "model": None if folder is None else folder.name,
        "providers": [
            {
                "provider": row.provider.value,
                "installed": row.installed,
                "devices": row.finding.devices,
                "trial": None if row.finding.trial is None else asdict(row.finding.trial),
                "refusal": row.finding.refusal,
            }
            for row in rows
        ],
    }
    try:
        file.write_text(dumps(found, indent=1) + "\n", "utf-8")
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}. Choose another file.", USAGE)
