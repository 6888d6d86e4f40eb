"""From settings to a running engine, for the commands that need one.

Its functions import models and runtime when they are called, so that `--help` and `pair` start fast.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from foretype.cli.common import progress_console
from foretype.cli.sentences import NO_MEMORY, remedy, sentence
from foretype.engine.contract import Engine
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.support.metrics import Stages
from foretype.support.settings import Settings


class CannotServeError(Exception):
    """No model could be prepared or loaded. The message says why and what to do."""


class ReadyModel(Protocol):
    """A prepared model on the disk."""

    @property
    def folder(self) -> Path: ...

    @property
    def reason(self) -> str:
        """One line that says which model was chosen, and why."""


def prepare_model(settings: Settings) -> ReadyModel:
    """Prepare the settings' model if it is not prepared yet, which takes minutes and shows a progress bar.

    Raises `CannotServeError`.
    """
    from foretype.models.errors import ModelError
    from foretype.prepare.ensure import ensure_prepared
    from foretype.runtime.providers import ProviderMissingError, Surroundings, choose_provider

    try:
        choose_provider(settings.provider, Surroundings.here(), half=True)
        ready: ReadyModel = ensure_prepared(settings)
    except (ModelError, ProviderMissingError) as error:
        raise CannotServeError(sentence(error)) from error
    return ready


async def load_engine(folder: Path, settings: Settings, stages: Stages | None = None) -> Engine:
    """Load a prepared model. `stages` measures its work. Raises `CannotServeError`."""
    from foretype.runtime.providers import ProviderMissingError

    try:
        from foretype.engine.start import start_engine

        if not sys.stderr.isatty():
            return await start_engine(folder, settings, stages)
        with progress_console().status("Loading the model"):
            return await start_engine(folder, settings, stages)
    except ProviderMissingError as missing:
        raise CannotServeError(sentence(missing)) from missing
    except Exception as error:  # the runtime's libraries raise many types if they cannot load a model
        if isinstance(recognised(error), OutOfMemoryError):
            raise CannotServeError(NO_MEMORY) from error
        from foretype.models.prepared import origin_of
        from foretype.support.wording import first_line

        # No text has been typed yet, so the library's message contains none.
        raise CannotServeError(
            f"The model in {folder} cannot be loaded: {first_line(error)} {remedy(folder, origin_of(folder))}"
        ) from error
