"""The replay against a scripted server, over a real socket."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from foretype.engine.keystroke import Sureness
from latency.replay.cli import app
from latency.replay.connection import ServerLostError
from latency.replay.figures import summarise
from latency.replay.run import replay
from latency.replay.texts import Mail
from latency.replay.type_text import Manner
from tests.latency.scripted import TOKEN, ScriptedServer, suggestion

FAST = Manner(wpm=None, kind="email")
TEXT = "Please let me know."


def knowing(text: str) -> Any:
    """Answers with all of the rest of `text`."""
    return lambda frame: [suggestion(frame, text.removeprefix(frame["before"]))]


async def test_a_server_that_knows_the_text_leaves_one_key_a_word(scripted: ScriptedServer) -> None:
    scripted.answers = knowing(TEXT)
    done = await replay(scripted.address, TOKEN, [TEXT], FAST)
    assert done.welcome.model == "script"
    found = summarise(done.typed, budget_ms=300)
    assert (found.chars, found.keys) == (19, 6)  # P, lease, let, me, know, the full stop
    assert (found.shown, found.taken_share, found.words_taken) == (1, 1.0, 5)
    assert (found.unanswered, found.sources) == (0, {"tree": 6})


async def test_what_is_taken_is_said_before_the_next_keystroke(scripted: ScriptedServer) -> None:
    scripted.answers = knowing(TEXT)
    await replay(scripted.address, TOKEN, ["Please"], FAST)
    hello, first, accepted, second, close = scripted.heard
    assert hello["type"] == "hello"
    assert first == {
        "type": "keystroke",
        "field": "mail-0",
        "seq": 1,
        "before": "P",
        "after": "",
        "kind": "email",
    }
    assert accepted == {"type": "accepted", "field": "mail-0", "seq": 1, "text": "lease"}
    assert (second["seq"], second["before"]) == (2, "Please")
    assert close == {"type": "close", "field": "mail-0"}


async def test_a_typists_wishes_are_sent_with_each_keystroke(scripted: ScriptedServer) -> None:
    await replay(scripted.address, TOKEN, ["ab"], Manner(wpm=None, max_words=2, sureness=Sureness.CALM))
    frames = [frame for frame in scripted.heard if frame["type"] == "keystroke"]
    assert [(frame["max_words"], frame["sureness"]) for frame in frames] == [(2, "calm")] * 2
    assert "kind" not in frames[0]


async def test_what_stands_around_is_sent_with_each_keystroke(scripted: ScriptedServer) -> None:
    mails = [Mail("a", "Lunch", "Are you free?"), Mail("b", label="Country"), Mail("c")]
    await replay(scripted.address, TOKEN, mails, FAST)
    frames = [frame for frame in scripted.heard if frame["type"] == "keystroke"]
    assert [(frame.get("subject"), frame.get("context")) for frame in frames] == [
        ("Lunch", {"answered": "Are you free?"}),
        (None, {"label": "Country"}),
        (None, None),
    ]


async def test_the_text_is_cut_to_what_the_server_reads(scripted: ScriptedServer) -> None:
    scripted.context_chars = 4
    await replay(scripted.address, TOKEN, ["abcdef"], FAST)
    assert [frame["before"] for frame in scripted.heard if frame["type"] == "keystroke"][-1] == "cdef"


async def test_an_answer_for_an_older_keystroke_is_not_seen(scripted: ScriptedServer) -> None:
    def late(frame: dict[str, Any]) -> list[dict[str, Any]]:
        old = suggestion(frame | {"seq": frame["seq"] - 1}, "z")
        return [old, suggestion(frame, "")]

    scripted.answers = late
    done = await replay(scripted.address, TOKEN, ["zzz"], FAST)
    assert summarise(done.typed, budget_ms=300).shown == 0


async def test_an_error_is_an_answer_and_is_counted(scripted: ScriptedServer) -> None:
    def overloaded(frame: dict[str, Any]) -> list[dict[str, Any]]:
        said = {"type": "error", "code": "overloaded", "message": "too many typists"}
        return [said | {"field": frame["field"], "seq": frame["seq"]}]

    scripted.answers = overloaded
    done = await replay(scripted.address, TOKEN, ["abc"], FAST)
    found = summarise(done.typed, budget_ms=300)
    assert (found.errors_by_code, found.unanswered) == ({"overloaded": 3}, 0)


async def test_typists_share_the_texts_each_on_a_connection_of_their_own(scripted: ScriptedServer) -> None:
    done = await replay(scripted.address, TOKEN, ["abc", "de", "f"], FAST, typists=2)
    assert sorted(session.chars for session in done.typed) == [1, 2, 3]
    assert sum(frame["type"] == "hello" for frame in scripted.heard) == 2


async def test_human_gaps_type_the_same_text(scripted: ScriptedServer) -> None:
    done = await replay(scripted.address, TOKEN, ["slowly"], Manner(wpm=40, time_scale=0.01, slip_rate=0.3))
    (session,) = done.typed
    assert session.chars == 6
    assert session.keys == session.by_hand > 6


async def test_a_wrong_token_is_said_as_such(scripted: ScriptedServer) -> None:
    with pytest.raises(ServerLostError, match="unknown token"):
        await replay(scripted.address, "wrong", [TEXT], FAST)


async def test_a_server_that_hangs_up_ends_the_replay(scripted: ScriptedServer) -> None:
    scripted.hang_up = 5
    with pytest.raises(ServerLostError, match="closed"):
        await replay(scripted.address, TOKEN, [TEXT * 5], FAST, typists=2)


def test_nobody_there_is_a_sentence_and_an_exit_code(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some words " * 30)
    asked = CliRunner().invoke(app, ["--address", "http://127.0.0.1:9", "--texts", str(tmp_path)])
    assert asked.exit_code == 2
    assert "no server at" in asked.output


async def test_the_report_holds_figures_and_no_text(scripted: ScriptedServer, tmp_path: Path) -> None:
    text = "zebra crossing " * 12
    (tmp_path / "a.txt").write_text(text)
    scripted.answers = knowing(text.strip())
    out = tmp_path / "out" / "figures.json"
    options = [
        "--address",
        scripted.address,
        "--token",
        TOKEN,
        "--texts",
        str(tmp_path),
        "--json",
        str(out),
        "--fast",
    ]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "latency.replay", *options, "--check", "main-job"),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert b"keystrokes saved" in printed
    kept = out.read_text()
    assert json.loads(kept)["figures"]["texts"] == 1
    assert "zebra" not in kept
    assert b"zebra" not in printed
