"""Commands to copy out of a sentence: quoted for a shell, and naming the models folder where it is not the
usual one.
"""

from __future__ import annotations

import shlex
from pathlib import Path


def command(*words: str | Path, models_dir: Path | None = None) -> str:
    """`foretype` with these words. `models_dir`: the folder that it is to work on."""
    found = ["foretype", *map(str, words)]
    if models_dir is not None and not _is_usual(models_dir):
        found += ["--models-dir", str(models_dir)]
    return shlex.join(found)


def _is_usual(models_dir: Path) -> bool:
    """Whether a command takes it that is given no other."""
    from foretype.support.settings import BadSettingsError, load

    try:
        usual = load().models_dir
    except BadSettingsError:  # the command that is copied will say so
        return False
    return usual.expanduser().resolve() == models_dir.expanduser().resolve()
