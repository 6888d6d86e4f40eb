"""Installs, stops, starts and removes a service under a real systemd. Prints what it saw as JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from foretype.supervise.install import install, remove
from foretype.supervise.systemd import UNIT, Systemd

PROGRAM = [sys.executable, "-c", "import signal; signal.pause()"]


def systemctl(*words: str) -> str:
    return subprocess.run(
        ["systemctl", "--user", *words], capture_output=True, text=True, check=True
    ).stdout.strip()


def main() -> None:
    systemd = Systemd()
    install(systemd, PROGRAM)
    seen: dict[str, object] = {"started": systemd.state().name}
    process = Path("/proc") / systemctl("show", UNIT, "--property", "MainPID", "--value")
    status = process.joinpath("status").read_text()
    for name in ("NoNewPrivs", "Seccomp"):
        seen[name] = re.findall(rf"^{name}:\s*(\d+)", status, re.MULTILINE)[0]
    limits = process.joinpath("limits").read_text()
    seen["core"] = re.findall(r"^Max core file size\s+\S+\s+(\S+)", limits, re.MULTILINE)[0]
    systemctl("stop", UNIT)
    seen["stopped"] = systemd.state().name
    install(systemd, PROGRAM)
    seen["again"] = systemd.state().name
    remove(systemd)
    seen["files"] = [str(path) for path in systemd.file.parents[2].rglob("*") if not path.is_dir()]
    seen["removed"] = systemd.state().name
    print(json.dumps(seen))


main()
