"""The measurement of execution providers: its forms of the attention, its environments, and its tables."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from rich.console import Console
from typer.testing import CliRunner

from foretype.runtime.providers import CPU_ONLY
from foretype.support.execution_provider import Provider
from latency.command import NOT_MEASURED
from latency.marked import NoMarksError, write_between
from latency.providers.attention_forms import FORMS, FormResult, inputs, try_forms
from latency.providers.cli import app
from latency.providers.environment import LOCK, NoEnvironmentError, Pin, requirements_for
from latency.providers.report import ProviderFigures, forms_table, markdown, model_table
from tests.prepare.test_provider_trial import GOOD

OPENVINO = Pin("onnxruntime-openvino", "1.24.1")
WEBGPU = Pin("onnxruntime-ep-webgpu", "0.4.0")
FIGURES = ProviderFigures(
    "openvino",
    "onnxruntime-openvino 1.24.1",
    [FormResult("MatMul and Softmax", 22, 22, 1.5e-7, 0.54, 0.15), FormResult("Attention", note="unknown")],
    replace(GOOD, step_ms=45.0),
    ["Attention: unknown"],
)


def test_all_forms_of_the_attention_compute_the_same() -> None:
    found = []
    for make in FORMS.values():
        session = ort.InferenceSession(make(), providers=CPU_ONLY)
        wanted = {one.name for one in session.get_inputs()}
        found.append(session.run(["out"], {name: v for name, v in inputs().items() if name in wanted})[0])
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-5)


def test_the_cpu_takes_each_form_and_agrees_with_itself() -> None:
    found = list(try_forms(Provider.CPU, 1, 1))
    assert [one.form for one in found] == list(FORMS)
    for one in found:
        assert one.taken == one.nodes > 0
        assert one.apart == 0
        assert one.ms is not None


# -- environments --------------------------------------------------------


def packages_in(requirements: str) -> set[str]:
    return {line.partition("==")[0] for line in requirements.splitlines() if line[:1].isalpha()}


def test_another_runtime_takes_the_place_of_the_locked_one_and_a_plug_in_stands_beside_it() -> None:
    lock = LOCK.read_text("utf-8")
    every = packages_in(lock)
    assert packages_in(requirements_for(OPENVINO, lock)) == every - {"onnxruntime"}
    assert requirements_for(WEBGPU, lock) == lock
    assert {"numpy", "onnxruntime", "onnx"} <= every


def test_a_package_without_a_version_is_a_sentence() -> None:
    assert Pin.of("onnxruntime-openvino==1.24.1") == OPENVINO
    with pytest.raises(NoEnvironmentError, match="no package with a version"):
        Pin.of("onnxruntime-openvino")
    assert CliRunner().invoke(app, ["--model", "none"]).exit_code == NOT_MEASURED


# -- tables --------------------------------------------------------


def test_figures_of_another_environment_come_back_as_they_were() -> None:
    assert ProviderFigures.from_json(json.loads(json.dumps(FIGURES.as_json()))) == FIGURES
    refusal = FIGURES.as_json()["refusal"]
    assert isinstance(refusal, str)
    assert "not faster" in refusal


def test_the_tables_have_the_figures_of_the_provider_and_of_the_cpu() -> None:
    console = Console(width=200, record=True, file=StringIO())
    for table in (model_table([FIGURES], "here"), forms_table([FIGURES])):
        console.print(table)
    shown = console.export_text()
    written = markdown([FIGURES, ProviderFigures("qnn", "", notes=["its package is not installed"])], "here")
    for text in (shown, written):
        assert "45.0 ms" in text
        assert "9.0 ms" in text
        assert "5.00" in text  # the ratio
        assert "22 of 22" in text
        assert "fails" in text
    assert "refused: it is not faster" in written
    assert "qnn" not in written


def test_what_stands_between_the_marks_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x -->\nold\n<!-- /x -->\nafter\n", "utf-8")
    for text in ("new", "newer"):
        write_between(page, "x", text)
        assert page.read_text("utf-8") == f"before\n<!-- x -->\n{text}\n<!-- /x -->\nafter\n"
    for content in ("", "<!-- /x -->\n<!-- x -->"):
        page.write_text(content, "utf-8")
        with pytest.raises(NoMarksError, match="<!-- x -->"):
            write_between(page, "x", "new")
