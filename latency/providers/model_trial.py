"""The whole prepared model on a provider, as `foretype serve --provider` tries it, with more patience.

`foretype serve` gives a trial a few minutes, since somebody waits for its start. A measurement on a busy
machine may take longer. For a process of its own (`own_process`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from foretype.prepare.provider_trial import Trial, try_provider
from foretype.support.execution_provider import Provider


def try_model(folder: Path, provider: Provider, threads: int) -> Iterator[Trial]:
    """Raises ProviderMissingError, the manifest's errors, and ONNX Runtime's own."""
    yield try_provider(folder, provider, threads)
