"""The comparison with an earlier commit: its checkout, the turns, and the ratios."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from latency.budget import find_budget
from latency.replay.figures import summarise
from latency.replay.server import OwnServer, Program
from latency.replay.server_metrics import ModelWork
from latency.replay.type_text import Manner
from latency.versus import checkout, contest
from latency.versus.checkout import Checkout, CheckoutError, checkout_of, installed, pins
from latency.versus.figures import Seen, compared, ratio, ratio_name
from latency.versus.memory import Memory
from latency.versus.report import ROWS, print_report
from tests.latency.scripted import TOKEN, ScriptedServer

QUIET = Console(file=open(os.devnull, "w"))  # noqa: SIM115


def seen(**given: Any) -> Seen:
    usual: dict[str, Any] = {"cpu_s": 2.0, "work": [], "new_field_ms": [], "memory": {}}
    return Seen(summarise([], budget_ms=300), **(usual | given))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, whose server needs a package of this environment."""
    root = tmp_path / "repository"
    package = root / "backend" / "foretype"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (root / "pyproject.toml").touch()
    (root / "requirements.lock").write_text("# the packages\npytest==" + pytest.__version__ + " \\\n")
    git = ("git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "the first")):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr(checkout, "ROOT", root)
    monkeypatch.setattr(checkout, "FOLDER", tmp_path / "versus")
    monkeypatch.setenv("FORETYPE_MODELS_DIR", str(tmp_path / "models"))
    return root


def test_a_lock_names_the_packages_and_their_versions() -> None:
    lock = "# made by make lock\ntorch==2.13.0 \\\n    --hash=sha256:00\nnumpy==2.4.6  # via torch\n"
    assert pins(lock) == {"torch": "2.13.0", "numpy": "2.4.6"}


def test_an_environment_serves_only_a_commit_whose_packages_it_has() -> None:
    assert installed({"pytest": pytest.__version__})
    assert not installed({"pytest": "0.1"})
    assert not installed({"pytest": pytest.__version__, "there-is-no-such-package": "1"})


def test_the_commit_is_served_from_a_worktree_of_its_own(repository: Path) -> None:
    found = checkout_of("HEAD", "a-model", QUIET)
    assert found.program.python == sys.executable
    assert found.program.root.parent == checkout.FOLDER
    assert found.settings["FORETYPE_MODELS_DIR"] == str(found.program.root / "models" / "build")
    (repository / "backend" / "foretype" / "__init__.py").write_text("raise RuntimeError")
    assert checkout_of("HEAD", "a-model", QUIET) == found  # neither made again nor changed


def test_a_deleted_worktree_is_made_again(repository: Path) -> None:
    found = checkout_of("HEAD", "a-model", QUIET)
    for file in (found.program.root / "pyproject.toml", found.program.root / "requirements.lock"):
        file.unlink()
    assert checkout_of("HEAD", "a-model", QUIET) == found
    assert (found.program.root / "requirements.lock").is_file()


def test_an_unknown_commit_is_an_error_that_names_it(repository: Path) -> None:
    with pytest.raises(CheckoutError, match="no commit 'nowhere'"):
        checkout_of("nowhere", "a-model", QUIET)


def test_a_model_that_the_commit_cannot_use_is_not_given_to_it(repository: Path, tmp_path: Path) -> None:
    prepared = tmp_path / "models" / "a-model"
    prepared.mkdir(parents=True)
    (prepared / "manifest.json").write_text("{}")
    found = checkout_of("HEAD", "a-model", QUIET)  # its foretype has no foretype.models
    assert not (found.program.root / "models" / "build" / "a-model").exists()


def test_a_model_is_linked_without_the_checksum_that_old_versions_refuse(tmp_path: Path) -> None:
    prepared, linked = tmp_path / "prepared", tmp_path / "linked"
    prepared.mkdir()
    (prepared / "manifest.json").write_text(json.dumps({"recipe": "a-model", "checksum": "00"}))
    (prepared / "model.onnx").write_bytes(b"graph")
    checkout._link_model(prepared, linked)
    assert json.loads((linked / "manifest.json").read_text()) == {"recipe": "a-model"}
    assert (linked / "model.onnx").samefile(prepared / "model.onnx")


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        ("final_p95_ms", "final_p95_ratio"),
        ("cpu_s_per_1000_keystrokes", "cpu_ratio"),
        ("saved_share", "saved_ratio"),
        ("typist_rss_mb", "typist_rss_ratio"),
        ("model_runs_per_keystroke", "model_runs_ratio"),
    ],
)
def test_a_ratio_has_the_name_of_its_figure_without_the_unit(figure: str, name: str) -> None:
    assert ratio_name(figure) == name


def test_a_ratio_of_something_that_could_not_be_had_is_none() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(0.0, 2.0) == 0.0
    assert ratio(None, 2.0) is None
    assert ratio(3.0, None) is None
    assert ratio(3.0, 0.0) is None
    assert ratio(3.0, float("inf")) is None


def test_every_figure_is_there_with_its_ratio_and_a_row() -> None:
    ours = seen(memory={"typist": Memory(100.0, 40.0)}, new_field_ms=[3.0, 1.0, 2.0])
    theirs = seen(memory={"typist": Memory(200.0, None)}, new_field_ms=[4.0])
    flat = compared(ours, theirs)
    assert (flat["typist_rss_ratio"], flat["typist_anonymous_ratio"]) == (0.5, None)
    assert (flat["new_field_ms"], flat["new_field_ratio"]) == (2.0, 0.5)
    assert ROWS.keys() == ours.flat().keys()
    light = find_budget("light")
    assert flat.keys() >= light.at_most.keys() | light.at_least.keys()


def test_work_that_one_reading_lacks_is_not_reported() -> None:
    assert seen(work=[ModelWork(1.0, 2.0), ModelWork()]).flat()["model_runs_per_keystroke"] is None


def test_the_report_says_which_figures_could_not_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    both = seen(memory={"typist": Memory(100.0, None)})
    print_report(("this", "that"), both, both, Console(width=200))
    said = capsys.readouterr().out
    assert "memory after one typist, MB" in said
    assert "—: not reported by one of the servers or by this system" in said


async def test_both_servers_get_the_same_keys_in_turns(
    scripted: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    @contextlib.asynccontextmanager
    async def own_server(log: Path, **given: Any) -> AsyncIterator[OwnServer]:
        started.append(log.stem)
        yield OwnServer(scripted.address, TOKEN, os.getpid(), 0.0)

    async def idle(meter: object) -> None: ...

    monkeypatch.setattr(contest, "own_server", own_server)
    monkeypatch.setattr(contest, "_idle", idle)
    monkeypatch.setattr(contest, "NEW_FIELD_CHARS", 5)
    checkouts = [Checkout(name, Program(), {}) for name in ("this", "that")]
    task = contest.Task(["Hello.", "Dear all"], ["Good morning"], Manner(wpm=None))
    ours, theirs = await contest.contest(checkouts, task)
    assert started == ["this", "that"]
    assert ours.typed.keystrokes == theirs.typed.keystrokes == len("Hello.Dear all")
    typed = [frame["before"] for frame in scripted.heard if frame["type"] == "keystroke"]
    assert [text for text in typed if text in task.texts] == ["Hello.", "Hello.", "Dear all", "Dear all"]
    assert len(ours.new_field_ms) == 1
    assert set(ours.memory) == {"typist", "four_fields", "many_mails"}
