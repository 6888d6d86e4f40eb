"""The simulation: its clock, one server, the fleet, and what is read from a real server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from foretype.engine.pressure import Effort
from latency.budget import find_budget
from latency.replay.ledger import SentKeystroke
from latency.replay.server_metrics import counters_in
from latency.simulate import cli
from latency.simulate import report as reports
from latency.simulate.against import Comparison, Figures, compare, flat_of
from latency.simulate.clock import SimulatedTime
from latency.simulate.curve import Curve, curve_of
from latency.simulate.day import Day
from latency.simulate.fleet import STEP_S, Events, Fleet, Machines, Moment, Scaling, fewest_first
from latency.simulate.many import many_servers
from latency.simulate.measured import (
    SHIPPED,
    BadMeasuredFileError,
    Measured,
    Needs,
    between,
    read_measured,
    write_measured,
)
from latency.simulate.one_server import Newcomers, Tally, simulate_server
from latency.simulate.real_server import Watched, missed_share
from latency.simulate.report import DayReport, _round_up, draw, print_report
from latency.simulate.run_log import factors_of, tokens_of
from tests.latency.test_capacity import step

RUN_MS = 10.0


def measured(*, tokens: tuple[int, ...] = (1, 1), run_ms: float = RUN_MS, wpm: float = 40.0) -> Measured:
    """Keystrokes need a run in every second case. A run takes the same time, however many fields share it."""
    needs = dict.fromkeys(Effort, Needs(tokens, 0.0, run_ms))
    return Measured(
        machine="a machine",
        model="a-model",
        wpm=wpm,
        budget_ms=300.0,
        runs_ahead=4,
        together_ms={1: run_ms, 16: run_ms},
        alone_ms={1: run_ms, 16: run_ms},
        search_ms=0.0,
        keystroke_ms=0.0,
        tokens_a_keystroke=0.2,
        needs=needs,
    )


# -- the clock --


def test_calls_are_made_in_the_order_of_their_times_and_see_that_time() -> None:
    time = SimulatedTime()
    calls: list[tuple[str, float]] = []

    def first() -> None:
        calls.append(("first", time.time()))
        time.call_at(2.0, lambda: calls.append(("planned meanwhile", time.time())))

    time.call_at(3.0, lambda: calls.append(("last", time.time())))
    time.call_at(1.0, first)
    time.call_at(2.5, lambda: calls.append(("cancelled", time.time()))).cancel()
    time.run_until(2.5)
    assert (calls, time.time()) == ([("first", 1.0), ("planned meanwhile", 2.0)], 2.5)
    time.run_until(4.0)
    assert calls[2:] == [("last", 3.0)]


# -- one server --


def test_one_typist_waits_for_one_run_in_every_second_keystroke() -> None:
    tally = simulate_server(measured(), 1, 600, seed=0)
    assert tally.keystrokes == pytest.approx(2000, rel=0.05)
    assert tally.from_tree / tally.keystrokes == pytest.approx(0.5, abs=0.05)
    assert tally.busy_s == pytest.approx(tally.runs * RUN_MS / 1000)
    assert tally.runs == pytest.approx(tally.keystrokes / 2, rel=0.1)
    assert set(np.round(tally.final_ms, 6)) == {0.0, RUN_MS}
    assert tally.missed_share(300) == 0


def test_fields_share_runs_so_that_twice_the_typists_need_fewer_than_twice_the_runs() -> None:
    few, many = (simulate_server(measured(), typists, 60, seed=0) for typists in (30, 60))
    assert many.keystrokes == pytest.approx(2 * few.keystrokes, rel=0.05)
    assert many.runs < 1.8 * few.runs
    assert many.busy_share < 1


def test_a_server_that_is_too_slow_refuses_and_answers_within_the_budget() -> None:
    tally = simulate_server(measured(run_ms=400.0), 60, 60, seed=0)
    assert tally.overloaded > 0
    assert tally.overtaken > 0
    assert tally.missed_share(300) > 0.05
    assert max(tally.final_ms) <= 300


def test_runs_ahead_are_made_while_nobody_waits_and_stop_under_load() -> None:
    ahead = replace(measured(), needs=dict.fromkeys(Effort, Needs((1, 1), 1.0, RUN_MS)))
    assert simulate_server(ahead, 1, 60, seed=0).ahead_s > 0
    assert simulate_server(ahead, 200, 60, seed=0).ahead_s == 0


def test_the_same_seed_gives_the_same_tally() -> None:
    assert simulate_server(measured(), 20, 30, seed=3) == simulate_server(measured(), 20, 30, seed=3)
    assert simulate_server(measured(), 20, 30, seed=3) != simulate_server(measured(), 20, 30, seed=4)


def test_the_shares_of_a_tally() -> None:
    tally = Tally(seconds=10, busy_s=4, overloaded=1, final_ms=[10, 20, 310])
    assert tally.busy_share == 0.4
    assert tally.missed_share(300) == 0.5
    assert (tally.p50_ms, tally.p95_ms) == (20, 310)


# -- what is known of a server --


def test_measured_figures_are_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "new" / "measured.json"
    write_measured(measured(), file)
    assert read_measured(file) == measured()


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"needs": {"all": 1}}'])
def test_another_file_says_how_to_measure(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "measured.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadMeasuredFileError, match=r"latency\.simulate\.calibrate"):
        read_measured(file)


def test_times_lie_on_lines_between_those_that_were_measured() -> None:
    assert [between({2: 10.0, 4: 20.0}, at) for at in (1, 2, 3, 4, 9)] == [10, 10, 15, 20, 20]


LINE = "timestamp='01:02:03' level='debug' event='stage' trace={} stage='{}' ms={} tokens={} fields={}"


def test_tokens_are_those_that_were_read_while_each_keystroke_of_the_log_waited() -> None:
    stages = [(1, "receive", 0), (1, "tree", 0), (1, "model", 2), (2, "receive", 0), (1, "model", 1)]
    log = ["Serving a model", *(LINE.format(trace, stage, 1.0, n, n) for trace, stage, n in stages)]
    assert tokens_of(log) == (1, 0, 0, 1)
    assert tokens_of([]) == (0,)


def test_counters_are_read_with_the_values_of_their_labels() -> None:
    exposed = (
        "# TYPE foretype_model_busy_seconds counter\n"
        'foretype_model_busy_seconds_total{for="keystroke"} 1.5\n'
        "# TYPE foretype_stage_ms histogram\n"
        'foretype_stage_ms_bucket{stage="tree",le="+Inf"} 4\n'
        'foretype_stage_ms_count{stage="tree"} 4\n'
        'foretype_stage_ms_sum{stage="tree"} 8\n'
    )
    assert counters_in(exposed) == {
        ("foretype_model_busy_seconds_total", "keystroke"): 1.5,
        ("foretype_stage_ms_count", "tree"): 4,
        ("foretype_stage_ms_sum", "tree"): 8,
    }


def test_factors_say_how_much_longer_each_run_took_than_alone() -> None:
    known = replace(measured(), together_ms={1: 10.0, 2: 20.0}, alone_ms={1: 10.0, 11: 20.0})
    runs = [(40.0, 11, 1), (60.0, 1, 2), (60.1, 1, 2), (10.0, 1, 1)]  # one run of two fields has two lines
    assert factors_of(known, [LINE.format(1, "model", *one) for one in runs]) == (2.0, 3.0, 1.0)
    assert factors_of(known, []) == (1.0,)


def test_a_keystroke_is_missed_once_if_it_is_late_refused_or_not_answered() -> None:
    sent = [
        SentKeystroke(0.0, final=0.1, source="tree"),
        SentKeystroke(0.0, final=0.4, source="model"),
        SentKeystroke(0.0, final=0.4, error="overloaded"),
        SentKeystroke(0.0, overtaken=0.4),
        SentKeystroke(0.0, overtaken=0.2),  # none was due
    ]
    assert missed_share(sent, 300.0) == 0.75
    assert missed_share([], 300.0) == 0.0


def test_a_simulated_server_is_compared_with_what_a_real_one_did() -> None:
    def log(ms: float) -> list[str]:
        return [LINE.format(trace, "model", ms, 1, 1) for trace in range(50)]

    counted = {
        ("foretype_model_busy_seconds_total", "keystroke"): 5.0,
        ("foretype_model_runs_total", "keystroke"): 100.0,
    }
    logs = log(3 * RUN_MS), log(2 * RUN_MS)
    watched = Watched(step(1, ms=20), 10.0, counted, 0.5, *logs, 300.0)
    found = compare(measured(), watched, 0, Newcomers(1, 2.0, 3.0, 50.0), 20.0)
    assert (found.typists, found.run_factor) == (1, pytest.approx(2.0))
    assert (found.measured.busy_share, found.measured.runs_s) == (0.5, 10.0)
    assert found.measured.missed_share == 0.5
    assert (found.simulated.p95_ms, found.at_speed.p95_ms) == pytest.approx((RUN_MS, 2 * RUN_MS))
    assert found.at_speed.busy_share == pytest.approx(2 * found.simulated.busy_share, rel=0.2)
    assert found.ratios(found.at_speed)[1] == pytest.approx(1.0)
    assert flat_of([found])["typists_1_p95_ratio"] == pytest.approx(1.0)


def test_the_ratios_have_the_names_of_the_budget() -> None:
    figures = Figures(0.5, 10.0, 20.0, 0.0, 30.0)
    names = flat_of([Comparison(size, 100, 1.0, figures, figures, figures) for size in (24, 48, 96)]).keys()
    budget = find_budget("simulate")
    assert budget.at_most.keys() == budget.at_least.keys()
    assert budget.at_most.keys() <= names


def test_newcomers_have_texts_that_are_read_first() -> None:
    many = Newcomers(30, ramp_s=1.0, settle_s=0.0, text_tokens=200.0)
    slow = replace(measured(), alone_ms={1: RUN_MS, 16: 20 * RUN_MS})
    assert simulate_server(slow, 30, 20, 0, many).busy_s > 2 * simulate_server(slow, 30, 20, 0).busy_s
    later = replace(many, settle_s=60.0)
    calm = simulate_server(slow, 30, 20, 0, later)
    assert calm.busy_s == pytest.approx(simulate_server(slow, 30, 20, 0).busy_s, rel=0.2)


def test_runs_take_longer_by_the_factors_in_their_order() -> None:
    tally = simulate_server(replace(measured(), factors=(1.0, 3.0)), 1, 600, seed=0)
    assert set(np.round(tally.final_ms, 6)) == {0.0, RUN_MS, 3 * RUN_MS}
    assert tally.busy_s == pytest.approx(2 * RUN_MS / 1000 * tally.runs, abs=0.04)


# -- many servers --


def curve(served: float = 40.0) -> Curve:
    """A server is busy in proportion to its typists, and beyond `served` it misses half of the keystrokes."""
    typists = np.array([0.0, served, served + 1, 4 * served])
    busy = np.minimum(1.0, typists / served)
    return Curve(typists, busy, np.array([0.0, 0.0, 0.5, 0.5]), np.zeros(4), 3.0)


def fleet(people: int = 2000, events: Events | None = None, seed: int = 0) -> list[Moment]:
    day = Day(people=people)
    return Fleet(curve(), day, Scaling(), Machines(), events or Events(None, None), seed).run()


def at(day: list[Moment], hour: float) -> Moment:
    return day[round(hour * 3600 / STEP_S) - 1]


@pytest.mark.parametrize(
    ("sockets", "more", "got"),
    [
        ([5, 0, 2], 0, [0, 0, 0]),
        ([5, 0, 2], 1, [0, 1, 0]),
        ([5, 0, 2], 4, [0, 3, 1]),
        ([5, 0, 2], 8, [0, 5, 3]),
        ([5, 0, 2], 11, [1, 6, 4]),
        ([3, 3], 3, [2, 1]),
        ([0], 7, [7]),
    ],
)
def test_new_sockets_go_to_the_servers_that_have_the_fewest(
    sockets: list[int], more: int, got: list[int]
) -> None:
    assert list(fewest_first(np.array(sockets), more)) == got


def test_sockets_that_go_to_the_fewest_are_as_if_they_came_one_by_one() -> None:
    rng = Random(0)
    for _ in range(50):
        sockets = [rng.randrange(9) for _ in range(rng.randrange(1, 7))]
        more = rng.randrange(30)
        one_by_one = list(sockets)
        for _ in range(more):
            one_by_one[one_by_one.index(min(one_by_one))] += 1
        together = np.array(sockets) + fewest_first(np.array(sockets), more)
        assert sorted(together) == sorted(one_by_one)


def test_replicas_follow_the_people_and_the_share_follows_the_target() -> None:
    day = fleet()
    assert at(day, 5).ready == Scaling().least
    assert at(day, 23.9).ready == Scaling().least
    working = day[round(10 * 3600 / STEP_S) : round(11.5 * 3600 / STEP_S)]
    assert np.mean([moment.busy for moment in working]) == pytest.approx(0.5, abs=0.06)
    # Half of 2,000 people type, and a server with 20 typists is at the target.
    assert np.mean([moment.ready for moment in working]) == pytest.approx(50, rel=0.15)
    assert all(moment.paid >= moment.ready for moment in day)


def test_an_update_moves_everybody_and_never_lowers_the_number_of_ready_replicas() -> None:
    hour = 10.5
    day = fleet(events=Events(update=hour, zone_lost=None))
    before = at(day, hour - 0.01)
    during = day[round(hour * 3600 / STEP_S) : round((hour + 0.25) * 3600 / STEP_S)]
    assert min(moment.ready for moment in during) >= before.ready * 0.9
    assert max(moment.paid for moment in during) > before.paid
    assert sum(moment.moved for moment in during) >= 0.9 * before.people


def test_a_lost_zone_takes_a_third_and_the_scaler_brings_it_back() -> None:
    hour = 10.5
    day = fleet(events=Events(update=None, zone_lost=hour))
    before, lost, later = at(day, hour - 0.01), at(day, hour), at(day, hour + 0.2)
    assert lost.ready == pytest.approx(before.ready * 2 / 3, abs=2)
    assert lost.busy > before.busy
    assert later.ready >= before.ready * 0.9
    assert reports.missed_share([lost]) > reports.missed_share([before])


def test_a_day_is_the_same_with_the_same_seed() -> None:
    assert fleet(200, seed=1) == fleet(200, seed=1)
    assert fleet(200, seed=1) != fleet(200, seed=2)


def test_many_servers_serve_less_than_as_many_times_one_and_least_if_sockets_are_uneven() -> None:
    always = many_servers(curve(), 300, 1.0, seed=0)
    even, uneven = (many_servers(curve(), 300, 0.5, seed=0, uneven=one) for one in (0.0, 0.3))
    assert always.ratio == pytest.approx(1.0, abs=0.02)
    assert 0.5 < uneven.ratio < even.ratio < 1.0
    assert even.typing == pytest.approx(even.ratio * 300 * 40)


# -- the whole command --


def test_the_figures_that_come_with_the_simulation_give_a_curve() -> None:
    known = read_measured(SHIPPED)
    found = curve_of(replace(known), seed=0, sizes=(1, 24, 256))
    assert 0 < found.busy_at(np.array([1.0]))[0] < found.busy_at(np.array([24.0]))[0] <= 1
    assert found.missed[1] == 0
    assert found.missed[-1] > 0.01
    assert 1 < found.served < 256


def test_the_report_is_printed_and_drawn() -> None:
    day = fleet(300, Events())
    report = DayReport(
        measured(), curve(), Day(people=300), Events(), 0.1, day, [many_servers(curve(), 3, 0.5, 0)]
    )
    console = Console(width=100, record=True)
    print_report(report, console)
    said = console.export_text()
    assert "09:15, update" in said
    assert "3 servers, even sockets" in said
    paid = sum(moment.paid for moment in day) * STEP_S / 3600
    assert report.dollars == pytest.approx(0.1 * paid)
    drawn = " ".join(ElementTree.fromstring(draw(report).svg()).itertext())
    assert "zone lost" in drawn
    assert "each spike: " in drawn
    assert "A day of 300 people" in drawn


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    ended = CliRunner().invoke(cli.app, ["--measured", str(tmp_path / "none.json")])
    assert ended.exit_code == 2
    assert "latency.simulate.calibrate" in ended.stdout


@pytest.mark.parametrize(
    ("most", "high"), [(220, 240), (191, 200), (0.75, 0.8), (1, 1), (11, 12), (99, 100), (401, 600)]
)
def test_an_axis_ends_a_little_above_the_largest_value(most: float, high: float) -> None:
    assert _round_up(most) == pytest.approx(high)
