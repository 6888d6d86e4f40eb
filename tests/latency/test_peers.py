"""The comparison with peers, against fake ones in real child processes. No time decides anything here."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from foretype.models.recipe import load_recipe
from foretype.support.progress import SILENT
from latency.budget import find_budget, judge
from latency.peers.cli import app
from latency.peers.environment import Environment, read_pins
from latency.peers.figures import Samples, summarise
from latency.peers.keystrokes import only_typing, type_in_turn
from latency.peers.peer_list import PEERS, REFERENCE, MissingPeer, find_launch, peers_named
from latency.peers.peer_process import Launch, PeerFailedError, PeerProcess, started
from latency.peers.report import Report, print_report, write_json
from latency.peers.rounds import STEPS, ActivePeers, RunText, measure_quality, measure_runs
from latency.peers.weights import NoWeightsError, Weights
from latency.replay.server import OwnServer
from tests.latency.scripted import TOKEN, ScriptedServer

RUNS = RunText(first=[1, 2, 3], next=4, eight=[4, 5, 6, 7, 8, 9, 10, 11])


def launch(log: Path, name: str = "fake", **options: object) -> Launch:
    return Launch(name, Path(sys.executable), "tests.latency.fake_peer", options, log / f"{name}.log")


@contextlib.asynccontextmanager
async def fakes(log: Path, **peers: dict[str, Any]) -> AsyncIterator[list[PeerProcess]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(started(launch(log, name, **options)))
            for name, options in peers.items()
        ]


def pid_is_there(driver: PeerProcess) -> bool:
    return driver._process.returncode is None


# -- parent and child ------------------------------------------------------------------------------


async def test_a_child_says_what_it_is_and_does_and_answers(tmp_path: Path) -> None:
    async with started(launch(tmp_path)) as driver:
        assert driver.about == "a fake"
        assert "prefill" in driver.does
        assert "branches" not in driver.does
        assert await driver.ask("prefill", ids=[1, 2, 3]) == 3.0
        assert await driver.ask("steps", ids=[1], token=2, times=2) == [1.5, 1.5]
    assert not pid_is_there(driver)


async def test_what_a_library_prints_goes_to_the_log_not_into_the_protocol(tmp_path: Path) -> None:
    async with started(launch(tmp_path)) as driver:
        assert await driver.ask("prefill", ids=[1]) == 1.0
    assert "what libraries say" in (tmp_path / "fake.log").read_text()


async def test_a_child_that_cannot_load_says_why(tmp_path: Path) -> None:
    with pytest.raises(PeerFailedError, match="no such weights"):
        async with started(launch(tmp_path, loading="fails")):
            pass


async def test_a_child_that_hangs_is_ended(tmp_path: Path) -> None:
    async with started(launch(tmp_path, steps=["hangs"])) as driver:
        with pytest.raises(PeerFailedError, match=r"did not answer within 0\.2 s at steps"):
            await driver.ask("steps", 0.2, ids=[1], token=2, times=1)
        assert not pid_is_there(driver)
        with pytest.raises(PeerFailedError, match="did not answer"):
            await driver.ask("prefill", ids=[1])


async def test_a_child_that_hangs_while_it_loads_is_ended(tmp_path: Path) -> None:
    with pytest.raises(PeerFailedError, match="while it loaded"):
        async with started(launch(tmp_path, loading="hangs"), limit_s=0.2):
            pass


async def test_a_child_that_dies_is_reported_with_its_exit_code(tmp_path: Path) -> None:
    async with started(launch(tmp_path, steps=["dies"])) as driver:
        with pytest.raises(PeerFailedError, match=r"ended at steps \(exit code 7\)"):
            await driver.ask("steps", ids=[1], token=2, times=1)


async def test_a_failing_request_gives_its_kind_and_not_its_words(tmp_path: Path) -> None:
    async with started(launch(tmp_path, steps=["fails"])) as driver:
        with pytest.raises(PeerFailedError, match="RuntimeError") as failed:
            await driver.ask("steps", ids=[1], token=2, times=1)
    assert "zebra" not in str(failed.value)


async def test_what_a_child_cannot_do_is_an_error(tmp_path: Path) -> None:
    async with started(launch(tmp_path)) as driver:
        with pytest.raises(PeerFailedError, match="unknown operation: dance"):
            await driver.ask("dance")


async def test_a_driver_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    broken = Launch("broken", Path(sys.executable), "tests.latency.no_such_peer", {}, tmp_path / "broken.log")
    with pytest.raises(PeerFailedError, match=r"ended while it loaded.*no_such_peer"):
        async with started(broken):
            pass


# -- rounds and keystrokes -------------------------------------------------------------------------


async def test_each_round_takes_some_of_everybody(tmp_path: Path) -> None:
    done: list[None] = []
    async with fakes(tmp_path, one={}, two={}) as drivers:
        active = ActivePeers(drivers)
        await measure_quality(active, [1, 2, 3, 4], 1, passes_only=())
        await measure_runs(active, RUNS, 2, lambda: done.append(None))
    for samples in active.samples.values():
        assert samples.nats == 3.0
        assert samples.prefill == [3.0, 3.0]
        assert samples.steps == [1.5] * (2 * STEPS)
        assert samples.branches == []
    assert len(done) == 2


async def test_a_peer_that_fails_is_out_and_the_others_go_on(tmp_path: Path) -> None:
    async with fakes(tmp_path, good={}, bad={"steps": ["fine", "dies"]}) as drivers:
        active = ActivePeers(drivers)
        await measure_runs(active, RUNS, 3, lambda: None)
    assert len(active.samples["good"].steps) == 3 * STEPS
    assert len(active.samples["bad"].steps) == STEPS
    assert "exit code 7" in active.failed["bad"]


async def test_all_get_the_same_keystrokes_and_a_slow_one_fewer(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    server = OwnServer(scripted.address, TOKEN, 0, 0.0)
    ours = Samples()
    async with fakes(tmp_path, fast={}, slow={}) as drivers:
        active = ActivePeers(drivers)
        await type_in_turn(
            server, ours, active, ["abc", "de"], only_typing(60_000), {"slow": 4}, lambda: None
        )
    typed = [frame["before"] for frame in scripted.heard if frame["type"] == "keystroke"]
    assert typed == ["a", "ab", "abc", "d", "de"]
    assert len(ours.keystrokes) == 5
    assert active.samples["fast"].keystrokes == [1.0, 2.0, 3.0, 1.0, 2.0]
    assert active.samples["slow"].keystrokes == [1.0, 2.0, 3.0, 1.0]


async def test_a_keystroke_without_an_answer_counts_as_the_whole_budget(scripted: ScriptedServer) -> None:
    scripted.answers = lambda frame: [] if frame["before"] == "a" else _final(frame)
    server, ours = OwnServer(scripted.address, TOKEN, 0, 0.0), Samples()
    await type_in_turn(server, ours, ActivePeers([]), ["ab"], only_typing(60_000), {}, lambda: None)
    assert ours.keystrokes[0] == scripted.budget_ms
    assert ours.keystrokes[1] < scripted.budget_ms


def _final(frame: dict[str, Any]) -> list[dict[str, Any]]:
    said = {"type": "suggestion", "field": frame["field"], "seq": frame["seq"], "text": "", "source": "tree"}
    return [said | {"final": True, "confidence": 0.0}]


# -- who can be had --------------------------------------------------------------------------------


def found(tmp_path: Path, not_installed: dict[str, str]) -> Launch | MissingPeer:
    """The reason that is reported for llama.cpp if its weights are not available."""

    def no_weights(_: Weights) -> Path:
        raise NoWeightsError("the network is down")

    rival = replace(next(peer for peer in PEERS if peer.name == REFERENCE), weights=no_weights)
    environment = Environment(tmp_path / "env", tmp_path / "requirements.txt")
    weights = Weights(load_recipe("smollm2-135m"), tmp_path, environment, SILENT)
    return find_launch(rival, environment, weights, not_installed, {}, tmp_path / "log")


def test_a_peer_that_is_not_installed_is_missing_with_the_reason(tmp_path: Path) -> None:
    assert found(tmp_path, {"llama-cpp-python": "no compiler"}) == MissingPeer(REFERENCE, "no compiler")


def test_a_peer_without_weights_is_missing_with_the_reason(tmp_path: Path) -> None:
    assert found(tmp_path, {}) == MissingPeer(REFERENCE, "no weights: the network is down")


def test_an_environment_that_is_not_there_lacks_everything(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# peers\n\nllama-cpp-python==1.2  # the rival\nnumpy==2.0\n")
    environment = Environment(tmp_path / "env", requirements)
    assert [pin.package for pin in environment.missing()] == ["llama-cpp-python", "numpy"]
    assert environment.version("numpy") == "2.0"


def test_every_peer_that_needs_a_package_has_it_pinned() -> None:
    pinned = {pin.package for pin in read_pins()}
    assert {peer.package for peer in PEERS if peer.package} <= pinned


def test_peers_are_chosen_by_how_their_names_begin() -> None:
    assert {peer.name for peer in peers_named(["LLAMA"])} == {REFERENCE, "llama.cpp Q8_0"}
    assert peers_named([]) == list(PEERS)
    assert peers_named(["nobody"]) == []


# -- the report ------------------------------------------------------------------------------------


def report(*, rival: bool) -> Report:
    ours = Samples(nats=70, prefill=[50], steps=[10], branches=[20], keystrokes=[1, 1, 4])
    theirs = Samples(nats=70, prefill=[200], steps=[10], branches=[40], keystrokes=[30, 30, 60])
    return Report(
        model="a-model",
        machine="a machine",
        threads=2,
        rounds=1,
        wpm=40,
        texts=1,
        chars=3,
        ours=summarise("Foretype", ours, 100),
        peers=[summarise(REFERENCE, theirs, 100)] if rival else [],
        missing=[] if rival else [MissingPeer(REFERENCE, "no compiler here")],
    )


def test_the_report_has_all_that_the_budget_limits_and_keeps_it() -> None:
    verdicts = judge(find_budget("peers"), report(rival=True).flat())
    assert [verdict.kept for verdict in verdicts] == [True] * 6


def test_without_the_rival_its_limits_are_not_measured_and_the_reason_is_said() -> None:
    without = report(rival=False)
    kept = {verdict.figure: verdict.kept for verdict in judge(find_budget("peers"), without.flat())}
    assert kept["step_ratio"] is None
    assert kept["eight_nodes_in_steps_ratio"] is True
    console = Console(record=True, width=200, file=StringIO())
    print_report(without, console)
    assert "no compiler here" in console.export_text()


def test_the_file_holds_the_figures_the_ratios_and_what_is_missing(tmp_path: Path) -> None:
    write_json(report(rival=True), tmp_path / "out" / "peers.json")
    kept = json.loads((tmp_path / "out" / "peers.json").read_text())
    assert kept["machine"] == "a machine"
    assert kept["ratios"][REFERENCE]["keystroke_p50_ratio"] == 30
    assert kept["flat"] == kept["ratios"][REFERENCE]
    assert kept["missing"] == []


def test_a_name_that_is_nobodys_is_answered_with_those_there_are() -> None:
    asked = CliRunner().invoke(app, ["--peer", "nobody"], env={"COLUMNS": "200"})
    assert asked.exit_code == 2
    assert "transformers" in asked.output
