"""The machine that the figures were measured on, in one line."""

from __future__ import annotations

import os
import platform

from foretype.support.machine import processor


def machine() -> str:
    """Processor, cores, operating system and Python version."""
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
