"""What a server needs before it can serve: a prepared model, whole and checked, made first where there is
none.

Making one is another process's work: it takes gigabytes that a server would keep for good.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from foretype.models.errors import PreparationEndedError
from foretype.models.prepared import Prepared, is_prepared, load_prepared, prepared_names
from foretype.prepare.choose import choose
from foretype.support.provider import Provider


class Wishes(Protocol):
    """What is wanted; `foretype.support.settings.Settings` is one."""

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
    """A prepared model that was checked file by file, and in one line why it is this one."""

    prepared: Prepared
    reason: str

    @property
    def folder(self) -> Path:
        return self.prepared.folder


def ensure_prepared(wishes: Wishes) -> Ready:
    """The model to serve, made first where it is not there: minutes, with its progress on the terminal.

    Blocks; a thread may call it. Raises ModelError: PreparationEndedError where the reason is on the
    terminal already.
    """
    choice = choose(wishes.models_dir, wishes.model)
    folder = wishes.models_dir / choice.name
    reason = choice.reason
    if choice.recipe is None:
        return Ready(load_prepared(folder), reason)
    if not is_prepared(folder):
        if choice.name in prepared_names(wishes.models_dir):
            reason += "; what is there was made by another version of Foretype"
        sys.stderr.write(f"{reason[:1].upper()}{reason[1:]}.\n")
        sys.stderr.flush()
        _make_in_child(choice.name, wishes)
    prepared = load_prepared(folder)
    current = {choice.recipe.on(provider).digest for provider in Provider}
    if prepared.manifest.recipe_digest not in current:
        reason += f"; its recipe has changed since: foretype prepare {choice.name} makes it anew"
    return Ready(prepared, reason)


def _make_in_child(recipe: str, wishes: Wishes) -> None:
    """Run `foretype prepare` on this terminal. Ctrl-C reaches it there by itself.

    Its standard input is a pipe that nothing is written to: it closes when this process ends, in any way,
    and the child stops then, rather than work on for a server that is gone.
    """
    command = [sys.executable, "-m", "foretype", "prepare", recipe, "--while-stdin-open"]
    command += ["--models-dir", str(wishes.models_dir), "--threads", str(wishes.threads)]
    command += ["--provider", wishes.provider.value]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        try:
            exit_code = child.wait()
        except KeyboardInterrupt:
            exit_code = child.wait()  # it stops too, and says so
    if exit_code != 0:
        raise PreparationEndedError(recipe, exit_code)
