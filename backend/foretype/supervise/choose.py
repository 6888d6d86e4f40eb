"""The supervisor of this system."""

from __future__ import annotations

import sys

from foretype.supervise.supervisor import CannotSuperviseError, Supervisor


def this_supervisor(platform: str = sys.platform) -> Supervisor:
    """Raises `CannotSuperviseError` if Foretype supports none for this system."""
    if platform == "darwin":
        from foretype.supervise.launchd import Launchd

        return Launchd()
    if platform == "win32":
        from foretype.supervise.task_scheduler import TaskScheduler

        return TaskScheduler()
    if platform.startswith("linux"):
        from foretype.supervise.systemd import Systemd

        return Systemd()
    raise CannotSuperviseError(f"Foretype knows no supervisor for the system {platform}.")
