"""What goes into the image, and what `make image` says without podman. `latency.image` measures it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.slim import NEVER_IMPORTED, PREPARING, UNUSED, needed
from foretype.support.settings import PREFIX, Settings, load

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILE = ROOT / "deploy" / "Containerfile"


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who is not root, on a machine without podman."""
    for name in ("bash", "dirname", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    (tmp_path / "id").write_text("#!/usr/bin/env bash\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    return {"PATH": str(tmp_path)}


def test_without_podman_a_sentence_says_what_to_install(bare_machine: dict[str, str]) -> None:
    done = subprocess.run([str(ROOT / "tools" / "image")], capture_output=True, text=True, env=bare_machine)
    assert done.returncode != 0
    assert "podman is needed here" in done.stderr
    assert "apt-get install podman" in done.stderr


def test_a_model_that_is_not_prepared_is_named(bare_machine: dict[str, str]) -> None:
    asked = {**bare_machine, "MODEL": "no-such-model"}
    done = subprocess.run([str(ROOT / "tools" / "image")], capture_output=True, text=True, env=asked)
    assert done.returncode == 2
    assert "foretype prepare no-such-model" in done.stderr


def test_the_image_has_the_packages_of_serving_and_no_others() -> None:
    kept = needed(Requirement("foretype[cpu,trace]"))
    assert kept >= {
        "foretype",
        "aiohttp",
        "uvloop",
        "numpy",
        "onnxruntime",
        "tokenizers",
        "pyjwt",
        "cryptography",
        "opentelemetry-sdk",
        "opentelemetry-exporter-otlp-proto-http",
    }
    assert not kept & {*PREPARING, "torch", "transformers", "pip", "hatchling", "pytest"}


def test_a_server_imports_nothing_that_the_image_lacks_or_does_not_compile() -> None:
    """In a process of its own: other tests import all of it here."""
    own = "foretype.cli.serve, foretype.cli.serving, foretype.engine.local, foretype.runtime.session"
    own += ", foretype.support.collector"
    script = f"import sys, {own}, onnxruntime, tokenizers; print(*sys.modules, sep='\\n')"
    path = {**os.environ, "PYTHONPATH": str(ROOT / "backend")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=path)
    assert done.returncode == 0, done.stderr
    imported = done.stdout.split()
    lacking = {name.replace("/", ".") for name in UNUSED} | {name.replace("-", "_") for name in PREPARING}
    assert not lacking & set(imported)
    assert not [one for one in imported if NEVER_IMPORTED.search(f"/site-packages/{one.split('.')[0]}/")]


def test_the_image_sets_only_settings_that_a_server_takes() -> None:
    text = CONTAINERFILE.read_text("utf-8")
    given = dict(re.findall(rf"{PREFIX}([A-Z_]+)=(\S+)", text))
    names = {name.lower(): value for name, value in given.items()}
    assert names.keys() <= Settings.model_fields.keys()
    assert load(names).drain_seconds > 0


def test_no_secret_and_no_environment_is_sent_to_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    assert not [line for line in lines if line.startswith("!") and ".venv" in line]
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", CONTAINERFILE.read_text("utf-8"), re.M)
    allowed = {line[1:].split("/")[0] for line in lines if line.startswith("!")}
    assert {name.split("/")[0] for words in copied for name in words.split()} <= allowed
