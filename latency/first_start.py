"""The first `make serve` in a fresh checkout: how long until the server is ready, and how much disk it fills.

`python -m latency.first_start 0c39ec9` compares the checkout's commit with that one. Each is cloned into a
temporary folder; the order is the given commit first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from latency.command import new_app
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import FiguresFile
from latency.paths import OUT, ROOT
from latency.replay.server import free_port

MODEL = "smollm2-135m"
LIMIT_S = 1800
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "PIP_", "SSL_", "REQUESTS_", "http", "no_proxy")

app = new_app()


@dataclass(frozen=True, slots=True)
class FirstStart:
    """seconds: until `/healthz` says ready. bytes: what the packages and the model occupy on the disk."""

    commit: str
    install_s: float
    ready_s: float
    packages_bytes: int
    model_bytes: int


def measure(commit: str, folder: Path) -> FirstStart:
    """Clones the commit into `folder`, and starts its server once. Raises CalledProcessError."""
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", ROOT, folder], check=True)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    clean = {name: value for name, value in os.environ.items() if name.startswith(KEPT_VARIABLES)}
    clean["FORETYPE_STATE_DIR"] = str(folder / "state")
    port = free_port()
    start = time.monotonic()
    subprocess.run(["make", ".venv/.installed"], cwd=folder, env=clean, check=True, capture_output=True)
    installed = time.monotonic() - start
    command = ["make", "serve", f"ARGS=--port {port} --model {MODEL}"]
    # Standard output gets a code that pairs a browser.
    with subprocess.Popen(
        command, cwd=folder, env=clean, start_new_session=True, stdout=subprocess.DEVNULL
    ) as server:
        try:
            _wait_until_ready(port, server)
            ready = time.monotonic() - start
        finally:
            os.killpg(server.pid, signal.SIGTERM)
    return FirstStart(
        commit, installed, ready, bytes_on_disk(folder / ".venv"), bytes_on_disk(folder / "models" / "build")
    )


def _wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise subprocess.CalledProcessError(server.poll() or 1, "make serve")


def bytes_on_disk(folder: Path) -> int:
    """The bytes of the blocks of all files, each file once, as `du` counts them."""
    blocks = {(one.st_ino, one.st_blocks) for file in folder.rglob("*") for one in [file.lstat()]}
    return sum(count for _, count in blocks) * 512


# -- the command line --------------------------------------------------------


@app.command()
def main(
    before: Annotated[str, typer.Argument(help="The commit to compare with.")],
    out: FiguresFile = OUT / "first_start.json",
) -> None:
    """Compare the first `make serve` of two commits. It takes up to ten minutes."""
    now = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    table = Table(
        "Commit", "Installed, s", "Ready, s", "Packages, MB", "Model, MB", title=machine(), box=None
    )
    found = []
    for commit in (before, now):
        with TemporaryDirectory() as folder:
            one = measure(commit, Path(folder) / "checkout")
        found.append(one)
        figures = (one.install_s, one.ready_s, one.packages_bytes / 1e6, one.model_bytes / 1e6)
        table.add_row(commit, *(f"{figure:.0f}" for figure in figures))
    first, last = found
    time_ratio = last.ready_s / first.ready_s
    disk_ratio = (last.packages_bytes + last.model_bytes) / (first.packages_bytes + first.model_bytes)
    write_figures(out, {"before": asdict(first), "now": asdict(last), "time": time_ratio, "disk": disk_ratio})
    console = Console()
    console.print(table)
    console.print(f"{now} takes {time_ratio:.2f} of the time and {disk_ratio:.2f} of the disk of {before}.")


if __name__ == "__main__":
    app(prog_name="python -m latency.first_start")
