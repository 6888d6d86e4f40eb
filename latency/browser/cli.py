"""The prepared model inside a browser: `python -m latency.browser --help`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import onnxruntime as ort
import psutil
import typer
from rich.console import Console
from rich.progress import Progress

from foretype.models.manifest import GRAPH, Manifest
from foretype.models.prepared import Prepared, load_prepared
from foretype.prepare.check import Ids
from foretype.support.settings import load
from latency.browser.browsers import Gpu, Place, version_of
from latency.browser.forms import FORMS, WEIGHTS, write_form
from latency.browser.job import Job, JobFailedError, do
from latency.browser.markdown import markdown
from latency.browser.quality import bits_of
from latency.browser.results import (
    FormFigures,
    Result,
    budget_table,
    flat_of,
    forms_table,
    loading_table,
    times_table,
)
from latency.browser.runtime_files import locked_version, runtime_files
from latency.browser.work import FIRST, Work, run_natively
from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.gate_ids import gate_ids
from latency.machine import machine
from latency.marked import check_marks, write_between
from latency.options import Check, FiguresFile, Model
from latency.paths import OUT
from latency.simulate.measured import SHIPPED, read_measured
from latency.verdicts import exit_if_missed

NAME = "latency.browser"
SCRATCH = OUT / "browser"
PROVIDERS = ("wasm", "webgpu")

app = new_app()


class UnknownChoiceError(MeasurementError):
    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"“{name}” is no {what}; choose from: {', '.join(known)}.")


@app.command()
def main(
    model: Model = "smollm2-135m",
    form: Annotated[
        list[str] | None, typer.Option(help=f"Form of the weights: {', '.join(FORMS)}. Repeatable.")
    ] = None,
    threads: Annotated[list[int] | None, typer.Option(min=1, help="Repeatable. Default: 1 and 2.")] = None,
    place: Annotated[
        list[Place] | None, typer.Option(help="Where the page runs. Repeatable. Default: chromium.")
    ] = None,
    provider: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(PROVIDERS)}. Repeatable. Default: wasm.")
    ] = None,
    gpu: Annotated[
        Gpu, typer.Option(help="The graphics adapter of Chromium, for the provider webgpu.")
    ] = Gpu.SOFTWARE,
    page: Annotated[
        Path | None, typer.Option(help="A page with marks, between which the tables are written.")
    ] = None,
    out: FiguresFile = OUT / "browser.json",
    check: Check = None,
) -> None:
    """Run the prepared model inside a browser, and compare it with the native runtime.

    The graph is written with its weights in other forms, put into an extension with the runtime
    (onnxruntime-web), and run in the extension's offscreen document. Each browser is new and starts without a
    cache. The native figures are measured just before those of the browser. The files are written after each
    browser, so if the command is stopped, they have the figures until then.

    **Examples**

    * `python -m latency.browser --page docs/decisions/0043-inside-the-browser.md` — all forms in Chromium

    * `python -m latency.browser --form int8-rows --provider webgpu --gpu real` — with a GPU
    """
    console = Console()
    with errors_as_sentences(console, "browser"):
        if page is not None:
            check_marks(page, NAME)
        budget = find_optional_budget(check)
        measured = read_measured(SHIPPED)
        forms = _known("form", form or list(FORMS), FORMS)
        providers = _known("provider", provider or PROVIDERS[:1], PROVIDERS)
        prepared = load_prepared(load().models_dir / model)
        ids = _text(prepared)
        places = place or [Place.CHROMIUM]
        title = _title(model, places)
        with Progress(console=console, transient=True) as bar:
            folders = {name: SCRATCH / model / name for name in forms}
            for name, folder in bar.track(folders.items(), description="weights"):
                write_form(prepared.folder, name, prepared.manifest.geometry, _example(prepared), folder)
            described = _forms(folders, prepared.folder, prepared.manifest, ids, providers[0])
            jobs = [
                Job(where, folder, how, count, gpu)
                for where in places
                for how in providers
                for folder in folders.values()
                for count in threads or [1, 2]
            ]
            done: list[Result] = []
            for job in bar.track(jobs, description="browsers"):
                done.append(_result(job, prepared.folder, prepared.manifest, Work.of(ids)))
                bar.console.print(done[-1].line, soft_wrap=True)
                flat = flat_of(done, described)
                forms_json = {name: asdict(one) for name, one in described.items()}
                write_figures(out, {"title": title, "forms": forms_json, "flat": flat})
                if page is not None:
                    write_between(page, NAME, markdown(done, described, measured, title))
    for table in (
        forms_table(described),
        times_table(done, title),
        loading_table(done),
        budget_table(done, measured),
    ):
        console.print(table)
    console.print(f"Figures written to {out}", soft_wrap=True)
    exit_if_missed(budget, flat, console)


def _known(what: str, names: Sequence[str], known: Iterable[str]) -> Sequence[str]:
    known = list(known)
    for name in names:
        if name not in known:
            raise UnknownChoiceError(what, name, known)
    return names


def _text(prepared: Prepared) -> Ids:
    """The text that is measured."""
    begun = np.array([*prepared.manifest.begin_ids, *gate_ids(prepared.tokenizer)], np.int64)
    return begun[: prepared.manifest.geometry.context_length]


def _example(prepared: Prepared) -> Ids:
    """A text that is not the measured one: what the model reads before a mail, if there is such a text."""
    from tokenizers import Tokenizer

    tokeniser = Tokenizer.from_file(str(prepared.tokenizer))
    for prompt in prepared.manifest.prompts.values():
        encoded = tokeniser.encode(prompt, add_special_tokens=False)
        return np.array([*prepared.manifest.begin_ids, *encoded.ids], np.int64)
    return _text(prepared)[:FIRST]


def _title(model: str, places: Sequence[Place]) -> str:
    browsers = dict.fromkeys(version_of(where) for where in places)
    versions = f"onnxruntime-web {locked_version()}, onnxruntime {ort.__version__}"
    load = psutil.getloadavg()[0]
    return f"{model}, {machine()}, load average {load:.1f}: {versions}; {'; '.join(browsers)}"


def _forms(
    folders: Mapping[str, Path], prepared: Path, manifest: Manifest, ids: Ids, provider: str
) -> dict[str, FormFigures]:
    from foretype.support.cores import physical_cores

    threads = physical_cores()
    bits = bits_of(prepared, manifest, ids, threads)
    return {
        name: FormFigures(
            graph_bytes=sum(file.stat().st_size for file in _files(folder)),
            package_bytes=_compressed([*_files(folder), *runtime_files(provider)]),
            bits_ratio=bits_of(folder, manifest, ids, threads) / bits,
        )
        for name, folder in folders.items()
    }


def _files(folder: Path) -> list[Path]:
    return [folder / GRAPH, folder / WEIGHTS]


def _compressed(files: Sequence[Path]) -> int:
    """The bytes of a zip file with these files, as both stores take it."""
    packed = SCRATCH / "package.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    size = packed.stat().st_size
    packed.unlink()
    return size


def _result(job: Job, prepared: Path, manifest: Manifest, work: Work) -> Result:
    native = run_natively(prepared, manifest.geometry, work, job.threads)
    try:
        return Result(job, native, run(do(job, work, manifest.geometry, SCRATCH)))
    except JobFailedError as error:
        return Result(job, native, str(error))


if __name__ == "__main__":
    app(prog_name="python -m latency.browser")
