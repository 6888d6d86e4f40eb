"""The wheel: built from a copy of the sources, then installed and called from another folder.

The environment that the wheel goes into is a real one with nothing of the sources in it. The locked packages
are lent to it by a `.pth` file that names this one's folder of them: copying over 1 GB would take minutes
and prove nothing about the wheel. The wheel's own files come first on its path, and the link to the sources
that `make` leaves among those packages is not followed: a `.pth` file counts only in an environment's own
folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend" / "foretype"
RECIPES = sorted(file.name for file in (ROOT / "models").glob("*.toml"))


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that must succeed; nothing of the sources is on its path."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(sources: Path, folder: Path, *options: str) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", folder, sources, cwd=folder)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built with a prepared model lying about."""
    folder = tmp_path_factory.mktemp("built")
    copy = folder / "sources"
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "node_modules", "build", "out", ".*_cache", "__pycache__"
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    prepared = copy / "models" / "build" / "some-model"
    prepared.mkdir(parents=True)
    (prepared / "model.onnx").write_bytes(b"weights")
    build(copy, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def test_the_wheel_holds_the_package_and_the_recipes_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {f"foretype/{file.relative_to(BACKEND)}" for file in BACKEND.rglob("*.py")}
    recipes = {f"foretype/recipes/{name}" for name in RECIPES}
    assert sources | recipes | {"foretype/py.typed"} <= names
    assert {name.split("/")[0] for name in names} == {"foretype", f"foretype-{version(wheel)}.dist-info"}
    assert not [name for name in names if "build/" in name or name.endswith(".onnx")]


def test_the_wheel_holds_the_playground(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.startswith("foretype/") and name.endswith("index.html")]


def test_the_sdist_builds_the_same_wheel(built: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        assert not [name for name in sdist.getnames() if "models/build" in name]
        sdist.extractall(tmp_path, filter="data")
    (sources,) = tmp_path.iterdir()
    run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        tmp_path,
        sources,
        cwd=tmp_path,
    )
    rebuilt = next(tmp_path.glob("*.whl"))
    assert set(zipfile.ZipFile(rebuilt).namelist()) == set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that the wheel was installed into."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=environment)
    binaries = environment / ("Scripts" if sys.platform == "win32" else "bin")
    python = binaries / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel, cwd=environment)
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=environment)
    (Path(own.strip()) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return binaries


def test_an_installed_wheel_runs_from_its_own_files(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import foretype; print(foretype.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_an_installed_wheel_explains_itself_from_any_folder(installed: Path, tmp_path: Path) -> None:
    told = run(installed / "foretype", "--help", cwd=tmp_path)
    for command in ("serve", "prepare", "models", "complete", "pair"):
        assert command in told


def test_an_installed_wheel_knows_its_recipes_from_any_folder(installed: Path, tmp_path: Path) -> None:
    told = run(installed / "foretype", "models", cwd=tmp_path)
    assert RECIPES
    for recipe in RECIPES:
        assert (recipe.removesuffix(".toml") in told) is (recipe != "template.toml")


def version(wheel: Path) -> str:
    return wheel.name.split("-")[1]
