"""`foretype serve --also-models`: a real server with two tiny models, of which one was trained."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from foretype.cli.start import CannotServeError, prepare_models
from foretype.support.settings import Settings
from latency.replay.server_metrics import counters_in
from tests.compare.conftest import LEARNT, models_dir, texts
from tests.faults.conftest import (
    TINY,
    TOKEN,
    Installed,
    Serving,
    installed,
    made_folder,
    package,
    prepared,
    prepared_once,
    tokeniser_file,
)
from tests.server.conftest import Client

__all__ = [
    "installed",
    "made_folder",
    "models_dir",
    "package",
    "prepared",
    "prepared_once",
    "texts",
    "tokeniser_file",
]

OTHER = LEARNT  # knows a few sentences; the weights of TINY are random, so it suggests nothing
SERVE = "exec $foretype serve --port $port --budget-ms 60000 --also-models "
TEXT = "Dear Daniel,\n\nPlea"


@pytest.fixture
def both(prepared: Installed, models_dir: Path) -> Installed:
    """Both models are prepared."""
    shutil.copytree(models_dir / LEARNT, prepared.models_dir / LEARNT)
    return prepared


@pytest.fixture
def serving(both: Installed) -> Iterator[Serving]:
    with both.serving(SERVE + OTHER) as server:
        assert server.is_ready(), server.process.communicate()[1]
        yield server


@contextlib.asynccontextmanager
async def connected(server: Serving, models: list[str]) -> AsyncIterator[Client]:
    """A client that was welcomed with these models."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"http://127.0.0.1:{server.port}/v1/socket", protocols=["foretype.v1"]) as socket,
    ):
        client = Client(socket)
        await client.send(type="hello", token=TOKEN)
        welcome = await client.next()
        assert (welcome["model"], welcome["models"]) == (models[0], models)
        yield client


async def final(client: Client) -> dict[str, Any]:
    while not (frame := await client.next()).get("final"):
        pass
    return frame


def said(frame: dict[str, Any]) -> tuple[str, float]:
    return frame["text"], frame["confidence"]


async def test_two_models_answer_over_one_websocket_as_each_does_alone(
    both: Installed, serving: Serving
) -> None:
    alone = {}
    for model in (TINY, OTHER):
        with both.serving(SERVE.replace("--also-models", f"--model {model}")) as server:
            assert server.is_ready()
            async with connected(server, [model]) as client:
                await client.keystroke(1, TEXT)
                alone[model] = said(await final(client))
    assert alone[TINY] == ("", 0)
    assert alone[OTHER][0] == "se"

    async with connected(serving, [TINY, OTHER]) as client:
        for field, model in (("f1", TINY), ("f2", OTHER), ("f3", None)):
            await client.keystroke(1, TEXT, field, model=model)
            assert said(await final(client)) == alone[model or TINY]
        for seq, model in enumerate((OTHER, TINY, OTHER), start=2):  # one field changes its model
            await client.keystroke(seq, TEXT, "f1", model=model)
            assert said(await final(client)) == alone[model]
        await client.keystroke(5, TEXT, "f1", model="gpt2")
        refused = await client.next()
        assert (refused["code"], refused["final"]) == ("bad_message", True)
        assert f"must be one of {TINY}, {OTHER}, or absent" in refused["message"]
        await client.keystroke(5, TEXT, "f1")
        assert said(await final(client)) == alone[TINY]

    counted = counters_in(serving.request("/metrics")[1])
    assert counted["foretype_keystrokes_taken_total", TINY] == 4
    assert counted["foretype_keystrokes_taken_total", OTHER] == 3
    assert serving.request("/v1/complete", json.dumps({"before": TEXT, "model": OTHER}))[0] == 200
    assert serving.request("/v1/complete", json.dumps({"before": TEXT, "model": "gpt2"}))[0] == 400
    code, errors = serving.end()
    assert (code, errors) == (0, "")


def test_both_models_are_announced(serving: Serving) -> None:
    assert serving.process.stdout is not None
    lines = [serving.process.stdout.readline() for _ in range(2)]
    assert lines == [f"Serving {name}, as requested.\n" for name in (TINY, OTHER)]


@pytest.mark.parametrize(
    ("also", "sentence"),
    [
        (TINY, f"The model “{TINY}” would be served twice"),
        (f"{OTHER},{OTHER}", f"The model “{OTHER}” would be served twice"),
        (f"{OTHER},nothing", "There is no model “nothing”."),
    ],
)
def test_a_list_of_models_that_cannot_be_served_is_a_sentence(
    both: Installed, also: str, sentence: str
) -> None:
    with both.serving(SERVE + also) as server:
        _, errors = server.process.communicate(timeout=60)
        assert server.process.returncode == 1
    assert sentence in errors
    assert "Traceback" not in errors


async def test_a_copied_folder_is_served_under_its_own_name(both: Installed) -> None:
    shutil.copytree(both.models_dir / OTHER, both.models_dir / "copied")
    with both.serving(f"{SERVE}{OTHER},copied") as server:
        assert server.is_ready(), server.process.communicate()[1]
        async with connected(server, [TINY, OTHER, "copied"]) as client:
            for field, model in (("f1", OTHER), ("f2", "copied")):
                await client.keystroke(1, TEXT, field, model=model)
                assert said(await final(client))[0] == "se"


def test_complete_loads_only_the_model_that_answers(both: Installed) -> None:
    ended = both.shell(f"FORETYPE_ALSO_MODELS={OTHER} $foretype complete Plea --json --model {OTHER}")
    assert ended.returncode == 0, ended.stderr
    assert "text" in json.loads(ended.stdout)


def test_before_a_service_is_installed_all_of_its_models_are_prepared(both: Installed) -> None:
    settings = Settings(model=TINY, also_models=(OTHER,), models_dir=both.models_dir)
    assert [ready.folder.name for ready in prepare_models(settings)] == [TINY, OTHER]
    with pytest.raises(CannotServeError, match="There is no model “nothing”"):
        prepare_models(settings.model_copy(update={"also_models": ("nothing",)}))
