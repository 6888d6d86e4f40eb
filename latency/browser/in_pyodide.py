"""Which of the engine's modules Python in a browser can import: `python -m latency.browser.in_pyodide`."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from latency.browser.runtime_files import PAGE, NoRuntimeError, install
from latency.command import errors_as_sentences, new_app
from latency.figures_file import write_figures
from latency.options import FiguresFile
from latency.paths import OUT, ROOT

app = new_app()


@app.command()
def main(out: FiguresFile = OUT / "in_pyodide.json") -> None:
    """Import the engine's modules, as they are, in Pyodide (CPython in WebAssembly), run by Node.

    npm has the interpreter and the standard library only. Other packages come from Pyodide's own servers, so
    none of them is installed here; the last table says which of them exist there.
    """
    console = Console()
    with errors_as_sentences(console, "in_pyodide"):
        found = _imported()
    lacking = Counter(name for name in found["lacking"].values() if name is not None)
    console.print(
        f"Pyodide {found['version']}: started with {found['start_ms'] / 1000:.1f} s of processor time; "
        f"{len(found['lacking']) - lacking.total()} of {len(found['lacking'])} modules were imported."
    )
    table = Table("package", "first missing in modules", "version that Pyodide distributes", box=None)
    for name, version in found["distributed"].items():
        table.add_row(name, str(lacking[name.replace("-", "_")]), version or "none")
    console.print(table)
    write_figures(out, found)


def _imported() -> dict[str, Any]:
    """What `pyodide.mjs` prints. Raises NoRuntimeError."""
    install()
    command = ["node", str(PAGE / "pyodide.mjs"), str(ROOT / "backend")]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except OSError as error:
        raise NoRuntimeError(f"node cannot be run: {error.strerror}.") from error
    except subprocess.CalledProcessError as error:
        raise NoRuntimeError(f"Pyodide failed: {error.stderr.strip()[-300:]}") from error
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    app(prog_name="python -m latency.browser.in_pyodide")
