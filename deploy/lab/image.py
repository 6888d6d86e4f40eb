"""What the container image sets, read from deploy/Containerfile: a server has the same settings here."""

from __future__ import annotations

import re

from deploy.lab.programs import ROOT

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
MODELS = ROOT / "models" / "build"
"""The prepared models of this checkout, in place of those in the image."""
MODELS_MOUNT = "/models"
EVERY_ADDRESS = "0.0.0.0"


def image_environment() -> dict[str, str]:
    """The FORETYPE_… variables that the image sets."""
    return dict(re.findall(r"(FORETYPE_[A-Z_]+)=(\S+)", CONTAINERFILE.read_text("utf-8")))
