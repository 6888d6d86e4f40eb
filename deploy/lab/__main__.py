"""The command `python -m deploy.lab`."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.lab.cluster import cluster
from deploy.lab.errors import LabError
from deploy.lab.programs import Programs, find_programs
from deploy.lab.scenario import Setup, play

EXPECTATION_FAILED = 1
NOT_POSSIBLE = 2

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
Keep = Annotated[
    Path | None,
    typer.Option(help="An empty or new folder for all files, which stays. Default: a temporary one."),
]


@app.command()
def scenario(
    model: Annotated[str, typer.Option(help="A prepared model of models/build.")] = "smollm2-135m",
    people: Annotated[int, typer.Option(min=6, help="People who type at once while the release grows.")] = 24,
    target: Annotated[float, typer.Option(help="The chart's autoscaling.busyTarget.")] = 0.1,
    calm: Annotated[int, typer.Option(help="The chart's autoscaling.scaleDownSeconds.")] = 30,
    timeout: Annotated[float, typer.Option(help="Seconds that one step may take.")] = 180.0,
    keep: Keep = None,
) -> None:
    """Install the chart, update it, evict a pod, and let it scale from 3 to 6 replicas and back.

    Takes three to five minutes. Exit code 1 if an expectation failed, 2 if the lab could not go on.
    """
    console = Console()
    setup = Setup(model, people, target, calm, timeout)

    async def work(programs: Programs, folder: Path) -> bool:
        async with cluster(programs, folder) as there:
            return await play(there, programs.helm, folder, setup, console)

    raise typer.Exit(0 if _run(console, work, keep) else EXPECTATION_FAILED)


@app.command()
def up(keep: Keep = None) -> None:
    """Start a cluster without a release, and keep it until Ctrl-C."""
    console = Console()

    async def work(programs: Programs, folder: Path) -> bool:
        async with cluster(programs, folder) as there:
            console.print(f"For helm and kubectl: export KUBECONFIG={there.kubeconfig}", soft_wrap=True)
            await asyncio.Event().wait()
        return True

    _run(console, work, keep)


def _run(
    console: Console, work: Callable[[Programs, Path], Coroutine[None, None, bool]], keep: Path | None
) -> bool:
    """Do the work with the programs and a folder. SIGTERM, and SIGHUP of a terminal that is closed, end it as
    Ctrl-C does.
    """

    async def ended_by_signals(programs: Programs, folder: Path) -> bool:
        task = asyncio.current_task()
        assert task is not None
        for end in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(end) is not signal.SIG_IGN:  # as nohup does it
                asyncio.get_running_loop().add_signal_handler(end, task.cancel)
        return await work(programs, folder)

    with ExitStack() as ending:
        try:
            programs = find_programs()
            if keep is None:
                folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="foretype-lab-")))
            else:
                folder = empty_folder(keep)
            return asyncio.run(ended_by_signals(programs, folder.resolve()))
        except* LabError as errors:
            for error in _leaves(errors):
                console.print(f"[bold red]lab:[/] {escape(str(error))}", soft_wrap=True)
        except* (KeyboardInterrupt, asyncio.CancelledError):
            console.print("Stopped.")
    raise typer.Exit(NOT_POSSIBLE)


def empty_folder(folder: Path) -> Path:
    """The folder, which is made if it does not exist. Raises `LabError` if that fails, or if it is not
    empty.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise LabError(f"--keep {folder}: {error.strerror}. Name another folder.") from None
    if not is_empty:
        raise LabError(f"--keep {folder}: the folder is not empty. Name another folder.")
    return folder


def _leaves(group: BaseExceptionGroup[LabError]) -> Iterator[LabError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


if __name__ == "__main__":
    app(prog_name="python -m deploy.lab")
