"""The chart of deploy/chart, rendered by helm, and checked against the schemas of every kind in it."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "chart"
TOOLS = ROOT / ".venv-chart"
KINDS = Path(__file__).parent / "kinds"
OTHERS = ("gateway.networking.k8s.io", "keda.sh", "monitoring.coreos.com")
"""Groups that Kubernetes itself does not have."""
STRICT = """
import json, sys
from kubernetes_validate import ValidationError, latest_version, validate
from kubernetes_validate.utils import SchemaNotFoundError
for one in json.load(sys.stdin):
    name = f"{one['kind']}/{one['metadata']['name']}"
    try:
        validate(one, latest_version(), strict=True)
    except ValidationError as wrong:
        print(f"{name}: {'.'.join(map(str, wrong.path))}: {wrong.message}")
    except SchemaNotFoundError:
        print(f"{name}: unknown kind {one['apiVersion']} {one['kind']}")
"""

Manifest = dict[str, Any]


def helm(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(TOOLS / "bin" / "helm"), *words], capture_output=True, text=True)


def rendered(sets: Sequence[str] = (), release: str = "team") -> list[Manifest]:
    """The objects of a release with these values (`--set`)."""
    return [one for one in yaml.safe_load_all(_template(tuple(sets), release)) if one]


@functools.cache
def _template(sets: tuple[str, ...], release: str) -> str:
    values = [word for one in sets for word in ("--set", one)]
    done = helm("template", release, str(CHART), "--namespace", "ns", *values)
    assert done.returncode == 0, done.stderr
    return done.stdout


def mistakes(objects: Iterable[Manifest]) -> list[str]:
    """A line for each mistake in the objects, by the strict schemas. A kind without a schema is a mistake."""
    own, others = [], []
    for one in objects:
        (others if one["apiVersion"].split("/")[0] in OTHERS else own).append(one)
    packages = {**os.environ, "PYTHONPATH": str(TOOLS / "packages")}
    said = _checked([sys.executable, "-c", STRICT], own, packages)
    return said + (_checked(["node", str(KINDS / "check.mjs")], others, os.environ.copy()) if others else [])


def _checked(command: list[str], objects: list[Manifest], environment: dict[str, str]) -> list[str]:
    """The lines that a checking program prints of the objects."""
    done = subprocess.run(command, input=json.dumps(objects), capture_output=True, text=True, env=environment)
    assert done.returncode == 0 or done.stdout, done.stderr
    return done.stdout.splitlines()
