"""From settings to a running engine, for the commands that need one.

Models and runtime are imported here when they are needed, so that `--help` and `pair` stay quick.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from rich.console import Console

from foretype.cli.sentences import remedy, sentence
from foretype.engine.contract import Engine
from foretype.support.metrics import Stages
from foretype.support.settings import Settings


class CannotServeError(Exception):
    """No model could be prepared or loaded; the message says why and what to do."""


class Prepared(Protocol):
    """A model that is ready on the disk."""

    @property
    def folder(self) -> Path: ...

    @property
    def reason(self) -> str:
        """One line: which model was chosen, and why."""


def prepared(settings: Settings) -> Prepared:
    """Prepare the model if it is not there yet: minutes, with a progress bar. Raises `CannotServeError`."""
    from foretype.models.errors import ModelError
    from foretype.prepare.ensure import ensure_prepared
    from foretype.runtime.providers import ProviderMissingError, Surroundings, choose_provider

    try:
        choose_provider(settings.provider, Surroundings.here(), half=True)
        ready: Prepared = ensure_prepared(settings)
    except (ModelError, ProviderMissingError) as error:
        raise CannotServeError(sentence(error)) from error
    return ready


async def started(folder: Path, settings: Settings, stages: Stages | None = None) -> Engine:
    """Load a prepared model. `stages` counts its work. Raises `CannotServeError`."""
    from foretype.runtime.providers import ProviderMissingError

    try:
        from foretype.engine.start import start_engine

        if not sys.stderr.isatty():
            return await start_engine(folder, settings, stages)
        with Console(stderr=True).status("Loading the model"):
            return await start_engine(folder, settings, stages)
    except ProviderMissingError as missing:
        raise CannotServeError(sentence(missing)) from missing
    except Exception as error:  # whatever the runtime's libraries raise for a model that they cannot load
        from foretype.models.prepared import origin_of
        from foretype.support.wording import first_line

        # Nothing is typed yet, so the library's words hold nothing of it.
        raise CannotServeError(
            f"The model in {folder} cannot be loaded: {first_line(error)} {remedy(folder, origin_of(folder))}"
        ) from error
