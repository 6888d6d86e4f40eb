"""Tables of any width, the comparison with the article, the JSON file and the picture."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from foretype.compare.article import article_figures, article_shape
from foretype.compare.figures import Quality, Speed
from foretype.compare.named import RANDOM_WEIGHTS, Named
from foretype.compare.picture import draw
from foretype.compare.report import Report, print_report, written
from foretype.compare.run import MeasuredModel
from foretype.compare.texts import QualityTexts
from foretype.models.field_kind import FieldKind
from foretype.models.manifest import Figures, FileEntry, Geometry, Manifest, SourceEntry
from foretype.models.prepared import Prepared


def model(
    name: str,
    *,
    layers: int = 6,
    step_ms: float = 4.0,
    answer_ms: float = 60.0,
    size: int = 100_000_000,
    saved: float = 0.3,
    provider: str = "CPUExecutionProvider",
    weights: str = "int8-block32",
) -> MeasuredModel:
    manifest = Manifest(
        recipe=name,
        family="gpt2",
        licence="none",
        source=SourceEntry(kind="folder", name="weights"),
        files={"model.onnx": FileEntry(sha256="", bytes=size)},
        versions={},
        graph="fused",
        weights=weights,
        geometry=Geometry(layers=layers, kv_heads=12, head_dim=64, vocab_size=50257, context_length=1024),
        begin_ids=(0,),
        figures=Figures(
            bits_per_byte_float32=1,
            bits_per_byte=1,
            bits_per_byte_stepwise=1,
            step_ms=1,
            prefill_ms=1,
            machine="",
        ),
    )
    speed = Speed(
        provider=provider,
        load_s=0.5,
        resident_bytes=300_000_000,
        answer_ms=answer_ms,
        prefill_ms=10 * step_ms,
        step_ms=step_ms,
    )
    quality = Quality(
        bits_per_byte=1.25,
        read_tokens=100,
        read_bytes=400,
        keystrokes=round(1000 * (1 - saved)),
        characters=1000,
        shown=10,
        taken=5,
        keystroke_p50_ms=1,
        keystroke_p95_ms=40,
    )
    named = Named(name, Prepared(Path("/models") / name, manifest))
    return MeasuredModel(named, speed, None if named.random_weights else quality)


def report(models: Sequence[MeasuredModel]) -> Report:
    texts = QualityTexts("/home/me/mails", ("x" * 400,), ("y" * 300,) * 2, unreadable=1)
    return Report(models, texts, FieldKind.EMAIL, 3, 2, 300, "Abacus, Linux")


def printed(models: Sequence[MeasuredModel], width: int) -> str:
    out = io.StringIO()
    print_report(report(models), Console(file=out, width=width, highlight=False))
    return out.getvalue()


SMALL = model("distilgpt2" + RANDOM_WEIGHTS)
LARGE = model("gpt2" + RANDOM_WEIGHTS, layers=12, step_ms=8, answer_ms=120, size=150_000_000)
MANY = [SMALL, LARGE, *(model(f"a-model-of-our-own-{number}", layers=3) for number in range(5))]


@pytest.mark.parametrize("width", [60, 80, 100, 250])
def test_any_number_of_models_fits_any_terminal(width: int) -> None:
    said = printed(MANY, width)
    assert max(len(line) for line in said.splitlines()) <= width
    assert sum(line.split().count("int8-block32") for line in said.splitlines()) == len(MANY)
    assert len(re.findall("size on disk", said)) > 1 or width == 250


def test_random_weights_are_named_and_have_no_quality() -> None:
    said = printed([SMALL, model("ours", layers=3)], 100)
    assert re.search(r"bits per byte +random weights +1\.250 *\n", said)
    assert re.search(r"keystrokes saved +– +30\.0 % *\n", said)
    assert "drawn at random, not trained" in said
    assert "drawn at random, not trained" not in printed([model("ours", layers=3)], 100)


def test_files_that_could_not_be_read_are_counted() -> None:
    assert "1 file that is not UTF-8" in printed([model("ours", layers=3)], 200)


# -- the article --------------------------------------------------------


def test_a_shape_is_known_by_its_figures_whatever_the_weights_are() -> None:
    assert [article_shape(one.model.manifest) for one in (SMALL, LARGE, MANY[2])] == [
        "DistilGPT2",
        "GPT-2",
        None,
    ]


def test_the_articles_figures_are_compared_with_ours_if_both_shapes_are_there() -> None:
    here = [figure.here for figure in article_figures([LARGE, SMALL])]
    assert here == [
        "33 % smaller on disk",
        "2.00 times as fast for one more token, 2.00 times for the first 64",
        "60 ms in a new field (random weights)",
        "not measured: no model ran on a GPU",
    ]


def test_without_distilgpt2_nothing_is_compared_with_the_article() -> None:
    assert article_figures([LARGE, MANY[2]]) == []
    assert "article" not in printed([LARGE], 100)


def test_a_missing_figure_is_explained() -> None:
    alone = article_figures([model("distilgpt2", provider="CUDAExecutionProvider")])
    assert [figure.here for figure in alone] == [
        "not measured: no model has GPT-2's shape",
        "not measured: no model has GPT-2's shape",
        "not measured: no model ran on a CPU",
        "60 ms in a new field",
    ]


def test_the_gpt2_with_the_same_kind_of_weights_is_compared() -> None:
    other = model("gpt2", layers=12, step_ms=40, weights="float32")
    assert article_figures([SMALL, other, LARGE])[1].here.startswith("2.00 times as fast for one more token")


# -- the file and the picture --------------------------------------------------------


def test_the_file_has_all_figures_and_no_text() -> None:
    found = written(report([SMALL, MANY[2]]))
    assert [one["random_weights"] for one in found["models"]] == [True, False]
    assert found["models"][1]["quality"]["saved_share"] == pytest.approx(0.3)
    assert found["texts"] == {
        "source": "/home/me/mails",
        "read_bytes": 400,
        "typed": 2,
        "typed_chars": 600,
        "unreadable": 1,
    }
    assert len(found["article"]) == 4


@pytest.mark.parametrize("models", [MANY, [SMALL, LARGE], [model("ours", layers=3, answer_ms=4000)]])
def test_the_picture_names_every_model_the_budget_and_the_article(models: list[MeasuredModel]) -> None:
    said = "".join(ElementTree.fromstring(draw(report(models)).svg()).itertext())
    for one in models:
        assert one.model.label.removesuffix(RANDOM_WEIGHTS) in said
    for line in ("budget 300 ms", "article, GPU 199 ms", "article, CPU 925 ms"):
        assert line in said


def test_labels_of_similar_models_do_not_overlap() -> None:
    alike = [model(f"model-{number}", layers=3, answer_ms=100 + number) for number in range(4)]
    drawn = ElementTree.fromstring(draw(report(alike)).svg())
    places = [
        (float(text.attrib["x"]), float(text.attrib["y"]), text.attrib["text-anchor"])
        for text in drawn.iter("{http://www.w3.org/2000/svg}text")
        if "".join(text.itertext()).startswith("model-")
    ]
    assert len(places) == 4
    for anchor in ("start", "end"):
        heights = sorted(y for _, y, where in places if where == anchor)
        assert all(low - high >= 16 for high, low in pairwise(heights))
