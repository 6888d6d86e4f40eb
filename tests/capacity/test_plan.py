"""From a measurement to machines and dollars. The figures are computed by hand from those of the test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foretype.capacity.cost import ARTICLE, Fleet, machines_for
from foretype.capacity.errors import NobodyServedError, NoMeasurementError, PricesError
from foretype.capacity.measurement import SHIPPED, Measurement, read_measurements
from foretype.capacity.plan import Wanted, article_plan, plan_for, plans_for

ROOT = Path(__file__).parents[2]
STEPS = [step["typists"] for step in json.loads(SHIPPED.read_text("utf-8"))["steps"]]
KIND = Measurement("a machine, 2 cores", "a-model", 48, 40.0)


def test_the_article_has_a_cost_and_nobody_served_has_none() -> None:
    assert ARTICLE.typists == 400
    assert ARTICLE.price == pytest.approx(0.752)
    assert ARTICLE.thousand_per_hour == pytest.approx(376)
    assert Fleet(1, 0.8, 160).thousand_per_hour == pytest.approx(5)
    assert Fleet(1, 0.8, 0).thousand_per_hour is None
    assert [machines_for(1000, each) for each in (2, 300, 0)] == [500, 4, None]


def test_machines_are_rounded_up_and_head_room_is_kept_free() -> None:
    plan = plan_for(Wanted(400, head_room=0.25), KIND, 0.08)
    assert (plan.typists_each, plan.replicas, plan.machines) == (36, 12, 12)
    assert plan.dollars == pytest.approx(0.96)
    assert plan.thousand_per_hour(400) == pytest.approx(2.4)
    assert plan_for(Wanted(400, head_room=0), KIND, 0.08).replicas == 9
    assert plan_for(Wanted(1), KIND, 0.08).machines == 1


def test_several_servers_share_a_machine() -> None:
    plan = plan_for(Wanted(400, servers_a_machine=8), KIND, 0.32)
    assert (plan.replicas, plan.machines) == (12, 2)
    assert plan.dollars == pytest.approx(0.64)


def test_the_article_needs_a_machine_for_two() -> None:
    plan = article_plan(Wanted(400))
    assert plan.machines == 200
    assert plan.dollars == pytest.approx(150.40)
    assert article_plan(Wanted(401)).machines == 201


@pytest.mark.parametrize(("typists", "said"), [(0, "smaller model"), (1, "--head-room")])
def test_a_server_that_serves_nobody_is_an_error(typists: int, said: str) -> None:
    nobody = Measurement("a machine", "a-model", typists, 40.0)
    with pytest.raises(NobodyServedError, match=said):
        plan_for(Wanted(10), nobody, 1.0)


def test_each_measurement_has_a_price_or_knows_its_own() -> None:
    priced = Measurement("a GPU", "a-model", 900, 40.0, price=0.75)
    assert [plan.price for plan in plans_for(Wanted(10), [KIND, priced], [0.1, 0.2])] == [0.1, 0.2]
    assert [plan.price for plan in plans_for(Wanted(10), [priced], [])] == [0.75]
    for measured, prices in (([KIND, priced], [0.1]), ([KIND, priced], []), ([KIND], [])):
        with pytest.raises(PricesError, match="--price"):
            plans_for(Wanted(10), measured, prices)
    with pytest.raises(PricesError, match=r"^No price is known.* for example --price 0.08\.$"):
        plans_for(Wanted(10), [KIND], [])
    with pytest.raises(PricesError, match=r"1 measurement, but 2 prices"):
        plans_for(Wanted(10), [KIND], [0.1, 0.2])


def test_the_measurement_that_comes_with_foretype_is_that_of_the_measured_page() -> None:
    (shipped,) = read_measurements(SHIPPED)
    page = (ROOT / "docs" / "measured.md").read_text("utf-8")
    (section,) = (part for part in page.split("\n## ") if part.startswith("Many typists, 40 words a minute"))
    command, _, conditions = section.splitlines()[2].partition("`, ")
    assert f"--typists {','.join(map(str, STEPS))} " in command
    assert conditions.startswith(f"{shipped.model}, {shipped.kind}, ")
    assert f"| typists served | {shipped.typists} |" in section
    assert (shipped.wpm, shipped.more) == (40.0, shipped.typists == STEPS[-1])


def test_a_file_of_latency_capacity_says_whether_more_may_be_served(tmp_path: Path) -> None:
    file = tmp_path / "capacity.json"
    written = {"machine": "a", "model": "b", "wpm": 40.0, "served": 48}
    file.write_text(json.dumps(written | {"steps": [{"typists": 24}, {"typists": 48}]}))
    assert read_measurements(file) == [Measurement("a", "b", 48, 40.0, more=True)]
    file.write_text(json.dumps(written | {"steps": [{"typists": 48}, {"typists": 64}]}))
    assert not read_measurements(file)[0].more


def test_a_file_of_latency_gpu_has_several_devices(tmp_path: Path) -> None:
    def device(name: str, typists: int | None) -> dict[str, object]:
        return {"device": name, "weights": "w", "price": 0.5, "flat": {"typists": typists}}

    file = tmp_path / "gpu.json"
    devices = [device("GPU", 900), device("CPU", 48), device("broken", None)]
    file.write_text(json.dumps({"machine": "a machine", "devices": devices}))
    found = read_measurements(file)
    assert [(one.kind, one.typists, one.price) for one in found] == [
        ("GPU, a machine", 900, 0.5),
        ("CPU, a machine", 48, 0.5),
    ]


@pytest.mark.parametrize(
    "content", [None, "{", "[]", "{}", '{"devices": []}', '{"steps": [], "served": 1}', "7"]
)
def test_another_file_is_an_error_that_says_how_to_measure(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "other.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(NoMeasurementError, match=r"python -m latency\.capacity"):
        read_measurements(file)
