"""From settings to a running engine, for the commands that need one.

Its functions import models and runtime when they are called, so that `--help` and `pair` start fast.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
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


def prepare_models(settings: Settings) -> list[ReadyModel]:
    """Prepare the settings' models that are not prepared yet, which takes minutes and shows a progress bar,
    and check all of their files. The default one is the first. Raises `CannotServeError`.
    """
    with _as_sentences():
        _import_runtime(settings)
        from foretype.prepare.ensure import ensure_prepared

        return _all_ready(settings, ensure_prepared)


class Loading:
    """The settings' models: prepared if necessary, and loaded, in a thread of its own that begins at once.

    The thread is a daemon, which does not keep the process from ending.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ready: Future[list[ReadyModel]] = Future()
        self._loaded: Future[list[LoadedModel]] = Future()
        self._imported = threading.Event()
        threading.Thread(target=self._work, name="loading", daemon=True).start()

    def wait_for_imports(self) -> None:
        """Wait until the thread has imported what it needs. After that the caller can import modules while
        ONNX Runtime loads the model. Two threads that import at the same time only slow each other down.
        """
        self._imported.wait()

    async def ready(self) -> list[ReadyModel]:
        """The prepared models, the default one first, as soon as all are on the disk. Raises
        `CannotServeError`.
        """
        return await asyncio.wrap_future(self._ready)

    async def engine(self, stages: Stages | None = None) -> Engine:
        """The engine of this event loop. `stages` measures its work. Raises `CannotServeError`."""
        ready = await self.ready()
        loaded = await asyncio.wrap_future(self._loaded)
        if len(loaded) > 1:
            return await self._several_engines(ready, loaded, stages)
        with _as_sentences(ready[0].folder):
            from foretype.engine.start import make_engine

            return await make_engine(loaded[0], self._settings, stages)

    async def _several_engines(
        self, ready: list[ReadyModel], loaded: list[LoadedModel], stages: Stages | None
    ) -> Engine:
        from foretype.engine.several import SeveralEngines
        from foretype.engine.start import make_engine, share

        shared = share(loaded, self._settings, stages)
        engines = []
        for made, model in zip(ready, loaded, strict=True):
            with _as_sentences(made.folder):
                engines.append(await make_engine(model, self._settings, shared=shared))
        return SeveralEngines(engines, shared)

    def _work(self) -> None:
        _settle(self._ready, self._prepare)
        if self._ready.exception() is None:
            _settle(self._loaded, self._load)

    def _prepare(self) -> list[ReadyModel]:
        try:
            with _as_sentences():
                _import_runtime(self._settings)
                import foretype.engine.start  # noqa: F401  # for _load
                from foretype.prepare.ensure import ensure_made
        finally:
            self._imported.set()
        with _as_sentences():
            return _all_ready(self._settings, ensure_made)

    def _load(self) -> list[LoadedModel]:
        return [self._load_from(ready.folder) for ready in self._ready.result()]

    def _load_from(self, folder: Path) -> LoadedModel:
        """Load a model and check its files at the same time. If they are damaged, that is the error."""
        from foretype.engine.start import load_model
        from foretype.models.prepared import check_files

        with _as_sentences(folder), ThreadPoolExecutor(1) as beside:
            check = beside.submit(check_files, folder)
            try:
                return load_model(folder, self._settings)
            finally:
                check.result()


def _all_ready(settings: Settings, ensure: Callable[[Settings], ReadyModel]) -> list[ReadyModel]:
    """The settings' models, the default one first. `ensure` prepares one if necessary. Raises what it raises,
    and SameModelError.
    """
    from foretype.models.errors import SameModelError

    names = (settings.model, *settings.also_models)
    ready = [ensure(settings.model_copy(update={"model": name})) for name in names]
    for name, count in Counter(model.folder.name for model in ready).items():
        if count > 1:
            raise SameModelError(name)
    for model in ready:
        _try_plugin(model, settings)
    return ready


def _import_runtime(settings: Settings) -> None:
    """Import ONNX Runtime. Raises ProviderMissingError if it, or what the settings ask for, is missing."""
    # Before ONNX Runtime, which prints an error of NumPy, such as a lack of memory, and raises another one.
    import numpy  # noqa: F401

    from foretype.runtime.providers import Surroundings, choose_provider

    choose_provider(settings.provider, Surroundings.here(settings.provider), half=True)


def _try_plugin(ready: ReadyModel, settings: Settings) -> None:
    """Raises ProviderUnusableError if the settings ask for a plug-in that is not better than the CPU."""
    from foretype.runtime.plugins import WHEELS

    if settings.provider in WHEELS:
        from foretype.prepare.provider_process import require_better

        require_better(settings.provider, ready.folder, settings.threads)


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
