"""A prepared and checked model for the server. If there is none, it is prepared first.

Another process prepares it, because that takes gigabytes of memory which the server's process would never
give back.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from foretype.models.errors import PreparationEndedError
from foretype.models.prepared import is_prepared, load_prepared, prepared_names, read_manifest
from foretype.prepare.choose import choose_model
from foretype.prepare.packages import require_onnx
from foretype.support.execution_provider import Provider
from foretype.support.streams import print_line


class Wishes(Protocol):
    """The settings that this module reads. `foretype.support.settings.Settings` has them."""

    @property
    def model(self) -> str | None: ...

    @property
    def models_dir(self) -> Path: ...

    @property
    def threads(self) -> int: ...

    @property
    def provider(self) -> Provider: ...


@dataclass(frozen=True, slots=True)
class Ready:
    """The folder of a prepared model, and one line that says why it was chosen."""

    folder: Path
    reason: str


def ensure_prepared(wishes: Wishes) -> Ready:
    """The model to serve, whose files were all checked. If it is not prepared, it is prepared first, which
    takes minutes and shows its progress on the terminal.

    Blocks. Any thread may call it. Raises ModelError: CannotPrepareError if this installation only serves,
    PreparationEndedError if the reason is already on the terminal.
    """
    ready = ensure_made(wishes)
    load_prepared(ready.folder)
    return ready


def ensure_made(wishes: Wishes) -> Ready:
    """As `ensure_prepared`, but of a model that was prepared earlier only the manifest is read."""
    choice = choose_model(wishes.models_dir, wishes.model)
    folder = wishes.models_dir / choice.name
    reason = choice.reason
    if choice.recipe is None:
        return Ready(folder, reason)
    if not is_prepared(folder):
        if choice.name in prepared_names(wishes.models_dir):
            reason += "; the prepared model was made by another version of Foretype"
        require_onnx(choice.name, wishes.models_dir)
        print_line(f"{reason[:1].upper()}{reason[1:]}.", sys.stderr)
        _make_in_child(choice.name, wishes)
    current = {choice.recipe.on(provider).digest for provider in Provider}
    if read_manifest(folder).recipe_digest not in current:
        reason += f"; its recipe has changed: to prepare it again, run foretype prepare {choice.name}"
    return Ready(folder, reason)


def _make_in_child(recipe: str, wishes: Wishes) -> None:
    """Run `foretype prepare` on this terminal, which sends it Ctrl-C too.

    Its standard input is a pipe to which nothing is written. The pipe closes when this process ends, in any
    way; then the child stops, because its server no longer exists.
    """
    command = [sys.executable, "-m", "foretype", "prepare", recipe, "--while-stdin-open"]
    command += ["--models-dir", str(wishes.models_dir), "--threads", str(wishes.threads)]
    command += ["--provider", wishes.provider.value]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        try:
            exit_code = child.wait()
        except KeyboardInterrupt:
            exit_code = child.wait()  # the child stops as well, and prints that
    if exit_code != 0:
        raise PreparationEndedError(recipe, exit_code)
