"""From settings to a running engine, for the commands that need one.

Its functions import models and runtime when they are called, so that `--help` and `pair` start fast.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from foretype.cli.sentences import NO_MEMORY, remedy, sentence
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.support.settings import Settings

if TYPE_CHECKING:
    from foretype.engine.contract import Engine
    from foretype.engine.start import LoadedModel
    from foretype.support.metrics import Stages

T = TypeVar("T")


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
    """Prepare the settings' model if it is not prepared yet, which takes minutes and shows a progress bar,
    and check all of its files. Raises `CannotServeError`.
    """
    with _as_sentences():
        _import_runtime(settings)
        from foretype.prepare.ensure import ensure_prepared

        return ensure_prepared(settings)


class Loading:
    """A model that is prepared if necessary, and loaded, in a thread of its own that begins at once.

    The thread is a daemon, which does not keep the process from ending.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ready: Future[ReadyModel] = Future()
        self._loaded: Future[LoadedModel] = Future()
        self._imported = threading.Event()
        threading.Thread(target=self._work, name="loading", daemon=True).start()

    def wait_for_imports(self) -> None:
        """Wait until the thread has imported what it needs. After that the caller can import modules while
        ONNX Runtime loads the model. Two threads that import at the same time only slow each other down.
        """
        self._imported.wait()

    async def ready(self) -> ReadyModel:
        """The prepared model, as soon as it is on the disk. Raises `CannotServeError`."""
        return await asyncio.wrap_future(self._ready)

    async def engine(self, stages: Stages | None = None) -> Engine:
        """The engine of this event loop. `stages` measures its work. Raises `CannotServeError`."""
        folder = (await self.ready()).folder
        with _as_sentences(folder):
            from foretype.engine.start import make_engine

            return await make_engine(await asyncio.wrap_future(self._loaded), self._settings, stages)

    def _work(self) -> None:
        _settle(self._ready, self._prepare)
        if self._ready.exception() is None:
            _settle(self._loaded, self._load)

    def _prepare(self) -> ReadyModel:
        try:
            with _as_sentences():
                _import_runtime(self._settings)
                import foretype.engine.start  # noqa: F401  # for _load
                from foretype.prepare.ensure import ensure_made
        finally:
            self._imported.set()
        with _as_sentences():
            return ensure_made(self._settings)

    def _load(self) -> LoadedModel:
        """Load the model and check its files at the same time. If they are damaged, that is the error."""
        from foretype.engine.start import load_model
        from foretype.models.prepared import check_files

        folder = self._ready.result().folder
        with ThreadPoolExecutor(1) as beside:
            check = beside.submit(check_files, folder)
            try:
                return load_model(folder, self._settings)
            finally:
                check.result()


def _import_runtime(settings: Settings) -> None:
    """Import ONNX Runtime. Raises ProviderMissingError if it, or what the settings ask for, is missing."""
    # Before ONNX Runtime, which prints an error of NumPy, such as a lack of memory, and raises another one.
    import numpy  # noqa: F401

    from foretype.runtime.providers import Surroundings, choose_provider

    choose_provider(settings.provider, Surroundings.here(), half=True)


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    future.set_running_or_notify_cancel()  # a caller that is cancelled does not cancel it
    try:
        value = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(value)


@contextmanager
def _as_sentences(folder: Path | None = None) -> Iterator[None]:
    """Turns errors into `CannotServeError`. `folder`: the folder of the model that is being loaded, if any.
    If it is given, all errors are turned, because the runtime's libraries raise many types if they cannot
    load a model.
    """
    from foretype.models.errors import ModelError
    from foretype.runtime.providers import ProviderMissingError

    try:
        yield
    except (ModelError, ProviderMissingError) as error:
        raise CannotServeError(sentence(error)) from error
    except Exception as error:
        if folder is None:
            raise
        if isinstance(recognised(error), OutOfMemoryError):
            raise CannotServeError(NO_MEMORY) from error
        from foretype.models.prepared import origin_of
        from foretype.support.wording import first_line

        # No text has been typed yet, so the library's message contains none.
        raise CannotServeError(
            f"The model in {folder} cannot be loaded: {first_line(error)} {remedy(folder, origin_of(folder))}"
        ) from error
