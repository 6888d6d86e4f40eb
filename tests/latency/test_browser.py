"""The graph in each form for a browser gives the logits of the float32 graph, within what the form rounds;
results are compared with the native ones.
"""

from __future__ import annotations

import os
import shutil
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from rich.console import Console
from typer.testing import CliRunner

from foretype.engine.pressure import Effort
from foretype.models.manifest import GRAPH, Geometry
from foretype.prepare.check import open_reader
from foretype.prepare.fuse.llama import lay
from foretype.prepare.grid import BLOCK
from foretype.prepare.quantise import Blocks, quantise
from latency.browser.browsers import GPU_FLAGS, Gpu, Place
from latency.browser.cli import app
from latency.browser.forms import WEIGHTS, Product, int8, smoothed, write_form
from latency.browser.job import Done, Job
from latency.browser.markdown import markdown
from latency.browser.results import (
    FormFigures,
    Result,
    budget_table,
    flat_of,
    loading_table,
    times_table,
    within_budget,
)
from latency.browser.work import Measured, Times
from latency.command import NOT_MEASURED
from latency.simulate.measured import SHIPPED, read_measured

GEOMETRY = Geometry(layers=2, kv_heads=2, head_dim=16, vocab_size=200, context_length=64)
CONFIG = SimpleNamespace(
    hidden_act="silu",
    model_type="llama",
    num_attention_heads=4,
    num_key_value_heads=2,
    num_hidden_layers=2,
    rms_norm_eps=1e-5,
    rope_theta=5000.0,
)
SIZES = {"q": (64, 64), "k": (64, 32), "v": (64, 32), "o": (64, 64), "gate": (64, 96), "up": (64, 96)}
IDS, EXAMPLE = np.random.default_rng(3).integers(0, GEOMETRY.vocab_size, (2, 24))

Array = NDArray[np.float32]


class OnAGrid:
    """Random weights of a small Llama. Matrices are on a grid of 4 bits with an offset, as in a Q4_1 file."""

    def __init__(self) -> None:
        self._draw = np.random.default_rng(7)

    def parameter(self, name: str) -> Array:
        assert name == "model.embed_tokens.weight"
        return self._draw.normal(0, 1, (GEOMETRY.vocab_size, 64)).astype(np.float32)

    def norm(self, module: str) -> Array:
        return self._draw.uniform(0.5, 1.5, 64).astype(np.float32)

    def linear(self, module: str) -> Array:
        rows, columns = SIZES.get(module.rpartition(".")[2].removesuffix("_proj"), (96, 64))
        if module == "lm_head":
            rows, columns = 64, GEOMETRY.vocab_size
        ranks = self._draw.integers(0, 16, (columns, rows // BLOCK, BLOCK))
        ranks[..., 0], ranks[..., 1] = 0, 15
        scale = self._draw.uniform(0.01, 0.03, (*ranks.shape[:2], 1))
        blocks = scale.astype(np.float32) * (ranks - self._draw.uniform(6, 9, scale.shape).astype(np.float32))
        return blocks.reshape(columns, rows).T.astype(np.float32)


@pytest.fixture(scope="module")
def float32(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph before its weights were rounded."""
    folder = tmp_path_factory.mktemp("float32")
    onnx.save(lay(OnAGrid(), CONFIG, GEOMETRY), folder / GRAPH)
    return folder


@pytest.fixture(scope="module")
def prepared(float32: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    onnx.save(quantise(onnx.load(float32 / GRAPH), Blocks.named("grid")), folder / GRAPH)
    return folder


def logits_of(folder: Path, *, together: int = len(IDS)) -> Array:
    """`together`: how many tokens run at once."""
    reader = open_reader(folder, "fused", GEOMETRY, threads=1)
    return np.concatenate([reader.read(IDS[at : at + together]) for at in range(0, len(IDS), together)])


@pytest.mark.parametrize(
    ("form", "most"),
    [("prepared", 0.1), ("blocks8", 0.1), ("float32", 1e-5), ("int8", 0.1), ("int8-rows", 0.1)],
)
def test_each_form_gives_the_logits_of_the_float32_graph(
    form: str, most: float, float32: Path, prepared: Path, tmp_path: Path
) -> None:
    """Within `most` of their standard deviation."""
    write_form(prepared, form, GEOMETRY, EXAMPLE, tmp_path)
    expected = logits_of(float32)
    apart = np.abs(logits_of(tmp_path) - expected).max() / expected.std()
    assert apart < most


def test_a_model_that_shares_files_with_a_duplicate_can_be_written(prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(prepared, tmp_path / "model")
    onnx.save(
        onnx.load(prepared / GRAPH), tmp_path / "model" / GRAPH, save_as_external_data=True, location=WEIGHTS
    )
    shutil.copytree(tmp_path / "model", tmp_path / "duplicate", copy_function=os.link)
    write_form(tmp_path / "model", "float32", GEOMETRY, EXAMPLE, tmp_path / "form")
    assert (tmp_path / "form" / WEIGHTS).exists()


def test_weights_with_zero_points_are_read_as_the_runtime_reads_them(float32: Path, tmp_path: Path) -> None:
    """Where 8 bits on a Q4_1 file's own grid are fastest, the prepared graph has them."""
    onnx.save(quantise(onnx.load(float32 / GRAPH), Blocks.named("grid8")), tmp_path / GRAPH)
    write_form(tmp_path, "float32", GEOMETRY, EXAMPLE, tmp_path / "form")
    expected = logits_of(tmp_path)
    assert np.abs(logits_of(tmp_path / "form") - expected).max() / expected.std() < 0.1


@pytest.mark.parametrize("form", ["float32", "int8", "int8-rows"])
def test_no_product_keeps_its_blocks_and_all_weights_lie_beside_the_graph(
    form: str, prepared: Path, tmp_path: Path
) -> None:
    write_form(prepared, form, GEOMETRY, EXAMPLE, tmp_path)
    write_form(prepared, form, GEOMETRY, EXAMPLE, tmp_path)  # the second time writes over the first
    kinds = {node.op_type for node in onnx.load(tmp_path / GRAPH, load_external_data=False).graph.node}
    assert not kinds & {"MatMulNBits", "AveragePool"}
    weights = sum(tensor.ByteSize() for tensor in onnx.load(tmp_path / GRAPH).graph.initializer)
    assert 0.8 * weights < (tmp_path / WEIGHTS).stat().st_size < weights


def test_a_scale_for_each_token_keeps_tokens_apart(prepared: Path, tmp_path: Path) -> None:
    apart = {}
    for form in ("int8", "int8-rows"):
        write_form(prepared, form, GEOMETRY, EXAMPLE, tmp_path / form)
        difference = logits_of(tmp_path / form) - logits_of(tmp_path / form, together=1)
        apart[form] = np.abs(difference).max()
    assert apart["int8-rows"] < 1e-4
    assert apart["int8"] > 10 * apart["int8-rows"]


def test_a_column_with_large_values_does_not_take_the_steps_of_the_others() -> None:
    draw = np.random.default_rng(5)
    values = draw.normal(size=(8, 64)).astype(np.float32)
    values[:, 7] *= 100  # as one of a language model's columns has it
    weight = draw.normal(size=(64, 32)).astype(np.float32)
    most = {"x": np.abs(values).max(axis=0)}
    apart = [
        np.abs(run_alone(make("x", weight, "y"), values) - values @ weight).mean()
        for make in (int8, smoothed(int8, most))
    ]
    assert apart[1] < apart[0] / 4


def run_alone(product: Product, values: Array) -> Array:
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        list(product.nodes),
        "product",
        [tensor("x", TensorProto.FLOAT, [None, values.shape[1]])],
        [tensor("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.ascontiguousarray(one), name) for name, one in product.weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: Array = session.run(["y"], {"x": values})[0]
    return found


def test_an_unknown_form_is_a_sentence() -> None:
    result = CliRunner().invoke(app, ["--form", "int3"])
    assert result.exit_code == NOT_MEASURED
    assert "“int3” is no form; choose from: prepared, blocks8, float32, int8, int8-rows." in result.output


def result_of(done: Done | str) -> Result:
    job = Job(Place.CHROMIUM, Path("int8"), "wasm", 2)
    return Result(job, Measured(Times(10, 20, 40), Times(15, 30, 60), np.eye(4, dtype=np.float32)), done)


def done_with(logits: Array) -> Done:
    measured = Measured(Times(25, 100, 200), Times(45, 150, 300), logits)
    return Done(
        measured, 100, 900, heap_bytes=250_000_000, process_bytes=630_000_000, isolated=True, adapter=None
    )


def test_results_are_compared_with_the_native_ones() -> None:
    logits = np.eye(4, dtype=np.float32)
    logits[0, 3] = 2.5  # another first token, once in four
    flat = flat_of(
        [result_of(done_with(logits)), result_of("no adapter")], {"int8": FormFigures(1, 2_000_000, 1.01)}
    )
    assert flat["chromium_int8_wasm_2_step_ratio"] == 2.5
    assert flat["chromium_int8_wasm_2_step_processor_ratio"] == 3
    assert flat["chromium_int8_wasm_2_same_first_share"] == 0.75
    assert flat["int8_package_mb"] == 2


def test_a_job_that_failed_says_why_beside_the_others() -> None:
    console = Console(width=200, record=True, file=StringIO())
    results = [result_of(done_with(np.zeros((4, 4), np.float32))), result_of("no adapter")]
    server = read_measured(SHIPPED)
    for table in (times_table(results, "here"), loading_table(results), budget_table(results, server)):
        console.print(table)
    shown = console.export_text()
    assert "int8, wasm, 2 threads, chromium" in shown
    assert "no adapter" in shown
    assert results[1].line == "int8, wasm, 2 threads, chromium: no adapter"


def test_the_page_has_the_figures_of_both_sides_and_says_why_a_job_failed() -> None:
    results = [result_of(done_with(np.eye(4, dtype=np.float32))), result_of("no adapter")]
    forms = {"int8": FormFigures(168_000_000, 146_000_000, 1.013)}
    lines = markdown(results, forms, read_measured(SHIPPED), "here").splitlines()
    assert lines[0] == "here."
    assert "| int8 | 168 | 146 | 1.013 |" in lines
    (times,) = [line for line in lines if line.startswith("| int8, wasm, 2 threads, chromium | 25.0")]
    assert times.startswith("| int8, wasm, 2 threads, chromium | 25.0 | 10.0 | 2.5 | 100 | 5.0 | 200 | 5.0 |")
    assert any("no adapter" in line for line in lines)


@pytest.mark.parametrize(
    ("provider", "on", "gpu"),
    [("wasm", Gpu.REAL, Gpu.NONE), ("webgpu", Gpu.SOFTWARE, Gpu.SOFTWARE), ("webgpu", Gpu.REAL, Gpu.REAL)],
)
def test_webgpu_gets_the_adapter_that_was_asked_for(provider: str, on: Gpu, gpu: Gpu) -> None:
    assert Job(Place.CHROMIUM, Path("int8"), provider, 1, on).gpu is gpu
    assert ("--use-webgpu-adapter=swiftshader" in GPU_FLAGS[gpu]) is (gpu is Gpu.SOFTWARE)


def test_a_keystroke_is_in_time_if_its_tokens_are() -> None:
    measured = read_measured(SHIPPED)
    tokens = measured.needs[Effort.NOTHING_AHEAD].tokens
    assert within_budget(1, measured, Effort.NOTHING_AHEAD) == 1
    assert within_budget(100, measured, Effort.NOTHING_AHEAD) == sum(tokens[:3]) / sum(tokens)
    assert within_budget(1000, measured, Effort.NOTHING_AHEAD) == tokens[0] / sum(tokens)
