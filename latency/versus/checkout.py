"""The server of an earlier commit: its files in a git worktree, its packages and its model."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console

from foretype.models.manifest import MANIFEST
from foretype.support.settings import load
from latency.errors import MeasurementError
from latency.paths import OUT, ROOT
from latency.replay.server import Program

FOLDER = OUT / "versus"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
READABLE = "import sys; from pathlib import Path; from foretype.models.prepared import load_prepared; "
READABLE += "load_prepared(Path(sys.argv[1]))"
WHERE = "import foretype; print(foretype.__file__)"


class CheckoutError(MeasurementError):
    """The commit's server cannot be made. The message says why."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A program that serves, the name of its commit, and the settings that it needs."""

    name: str
    program: Program
    settings: Mapping[str, str]


def this_checkout(settings: Mapping[str, str]) -> Checkout:
    """The server of the files that are here, which may differ from the last commit."""
    return Checkout(_git("describe", "--always", "--dirty", "--exclude=*"), Program(), settings)


def checkout_of(commit: str, model: str, console: Console) -> Checkout:
    """The server of `commit`. The first time, this makes a worktree, and if needed an environment: minutes.

    Raises `CheckoutError`.
    """
    number, root = worktree_of(commit)
    program = Program(_python(root, console), root)
    found = _run([program.python, "-c", WHERE], cwd=root, env=program.environment())
    if root not in Path(found).resolve().parents:
        raise CheckoutError(f"The environment of {number[:7]} imports another Foretype: {found}.")
    models = _models_dir(program, model, console)
    state = FOLDER / "state" / number
    return Checkout(
        number[:7], program, {"FORETYPE_MODELS_DIR": str(models), "FORETYPE_STATE_DIR": str(state)}
    )


def worktree_of(commit: str) -> tuple[str, Path]:
    """The commit's number and a folder with its files. Raises `CheckoutError`."""
    number = _number(commit)
    return number, _worktree(number)


def pins(lock: str) -> dict[str, str]:
    """The packages of a lock file and their versions."""
    return dict(PIN.findall(lock))


def installed(wanted: Mapping[str, str]) -> bool:
    """Whether the environment of this process has all packages in these versions."""

    def has(package: str, pinned: str) -> bool:
        try:
            # The build's name after “+” says for which hardware a package was built, not what it is.
            return version(package).partition("+")[0] == pinned.partition("+")[0]
        except PackageNotFoundError:
            return False

    return all(has(package, pinned) for package, pinned in wanted.items())


def _number(commit: str) -> str:
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    except CheckoutError:
        raise CheckoutError(
            f"This repository has no commit {commit!r}. `git log --oneline` lists the commits; a shallow "
            "clone gets the others with `git fetch --unshallow`."
        ) from None


def _worktree(number: str) -> Path:
    root = FOLDER / number
    if not (root / "pyproject.toml").is_file():
        shutil.rmtree(root, ignore_errors=True)
        # --force: the folder of a worktree that git still knows may have been deleted.
        _git("worktree", "add", "--quiet", "--force", "--detach", str(root), number)
    return root.resolve()


def _python(root: Path, console: Console) -> str:
    """This environment's Python if it has all packages of the lock of `root`, else that of a new one."""
    if installed(pins((root / "requirements.lock").read_text("utf-8"))):
        return sys.executable
    stamp = root / ".venv" / ".installed"
    if not stamp.is_file():
        console.print("Other packages than here: making an environment. This takes minutes, once.")
        tool = root / "tools" / "venv"
        if not tool.is_file():
            raise CheckoutError(
                f"The commit has no tools/venv, and this environment lacks packages of {root}."
            )
        command = [str(tool), ".venv/.installed", "requirements.lock"]
        _run(command, cwd=root, env=os.environ | {"PYTHON": sys.executable})
    return str(root / ".venv" / "bin" / "python")


def _models_dir(program: Program, model: str, console: Console) -> Path:
    """A folder with the model that is prepared here, if the commit's own program accepts it. Else the server
    prepares the model there when it starts.
    """
    folder = program.root / "models" / "build"
    prepared, linked = load().models_dir / model, folder / model
    if linked.is_dir() or not prepared.is_dir():
        return folder
    _link_model(prepared, linked)
    try:
        _run([program.python, "-c", READABLE, str(linked)], cwd=program.root, env=program.environment())
    except CheckoutError:
        console.print(
            "The commit cannot use the model that is prepared here, so its server prepares its own."
        )
        shutil.rmtree(linked)
    return folder


def _link_model(prepared: Path, linked: Path) -> None:
    """The same files without a second copy on the disk. The manifest gets no checksum, which earlier versions
    refuse and no version needs.
    """
    linked.mkdir(parents=True)
    for file in prepared.iterdir():
        if file.name != MANIFEST:
            os.link(file, linked / file.name)
    content = json.loads((prepared / MANIFEST).read_text("utf-8"))
    content.pop("checksum", None)
    (linked / MANIFEST).write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _git(*arguments: str) -> str:
    return _run(["git", *arguments], cwd=ROOT)


def _run(command: list[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What the command prints. Raises `CheckoutError` with the end of what it says if it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CheckoutError(f"{command[0]} cannot be run: {error.strerror}.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise CheckoutError(f"`{' '.join(command[:4])}` failed (exit code {done.returncode}): {said}")
    return done.stdout.strip()
