"""The programs of others that the lab runs, and where they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from deploy.lab.errors import LabError

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "chart"
HELM = ROOT / ".venv-chart" / "bin" / "helm"
FOLDER_VARIABLE = "FORETYPE_LAB"


@dataclass(frozen=True, slots=True)
class Programs:
    """The path of each program."""

    etcd: Path
    prometheus: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kube_scheduler: Path
    helm: Path


def find_programs(environment: Mapping[str, str] = os.environ) -> Programs:
    """Raises `LabError` if one is missing."""
    asked = environment.get(FOLDER_VARIABLE)
    folder = (Path(asked) if asked else Path(platformdirs.user_cache_dir("foretype-lab", False))) / "bin"
    found = Programs(
        etcd=folder / "etcd",
        prometheus=folder / "prometheus",
        kube_apiserver=folder / "kube-apiserver",
        kube_controller_manager=folder / "kube-controller-manager",
        kube_scheduler=folder / "kube-scheduler",
        helm=HELM,
    )
    if not found.helm.exists():
        raise LabError("helm is missing. Run this first: make .venv-chart/.installed")
    for program in (found.etcd, found.prometheus, found.kube_apiserver):
        if not program.exists():
            raise LabError(f"{program} is missing. Run this first: deploy/lab/build")
    for program in (found.kube_controller_manager, found.kube_scheduler):
        if not program.exists():
            raise LabError(f"{program} is missing: the build was interrupted. Run it again: deploy/lab/build")
    return found
