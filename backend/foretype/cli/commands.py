"""Commands that the user can copy: quoted for a shell, with `--models-dir` if the models folder is not the
default one.
"""

from __future__ import annotations

import shlex
from importlib import metadata
from pathlib import Path

from foretype.support.checkout import checkout


def command(*words: str | Path, models_dir: Path | None = None) -> str:
    """`foretype` with these words. `models_dir`: the models folder that the command must use."""
    found = ["foretype", *map(str, words)]
    if models_dir is not None and not _is_default(models_dir):
        found += ["--models-dir", str(models_dir)]
    return shlex.join(found)


def install(extra: str) -> str:
    """Installs the packages of an extra: through `make` in a checkout, else by their own names, since an
    extra can be installed only together with its package.
    """
    if checkout() is not None:
        return f"make {extra}"
    wanted = [one.partition(";") for one in metadata.requires("foretype") or []]
    return shlex.join(["pip", "install", *(name.strip() for name, _, of in wanted if extra in of)])


def _is_default(models_dir: Path) -> bool:
    """Whether a command without `--models-dir` uses this folder."""
    from foretype.support.settings import BadSettingsError, load

    try:
        default = load().models_dir
    except BadSettingsError:  # the copied command will report it
        return False
    return default.expanduser().resolve() == models_dir.expanduser().resolve()
