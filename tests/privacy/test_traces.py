"""Traces of a real server with a small model: what is in them, and what is not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from foretype.support.span_names import KEYSTROKE, RUN, Attribute
from foretype.support.stage import RunPurpose, Stage
from tests.otlp import Receiver, receiving, values
from tests.privacy.test_nothing_leaves import DEADLINE_S, ROOT, TOKEN, printed_address

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
MARKER = "Xylophonbauer"
BEFORE = f"Thanks for the qui {MARKER} and the"
KEYSTROKES = [
    {
        "before": BEFORE[:length],
        "after": f" {MARKER}",
        "subject": MARKER,
        "context": {"answered": MARKER, "label": MARKER},
        "kind": "email",
        "corrections": True,
        "learn": True,
    }
    for length in range(12, len(BEFORE))
]
SWITCHED_ON_BY_OTHERS = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_TRACES_SAMPLER": "always_on",
    "OTEL_PYTHON_TRACER_PROVIDER": "sdk_tracer_provider",
}
WITHOUT_THE_EXTRA = (
    "import sys; sys.modules['opentelemetry'] = None; from foretype.__main__ import main; main()"
)


@dataclass(frozen=True)
class Program:
    """`foretype serve` with a tiny model, by its settings."""

    environment: dict[str, str]

    @contextlib.asynccontextmanager
    async def served(self, **more: str) -> AsyncIterator[str]:
        """The address of a server, which has ended well at the end of the block."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "foretype", "serve", "--model", "tiny-gpt2", "--port", "0"),
            env=self.environment | more,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield await printed_address(process)
            process.terminate()
            async with asyncio.timeout(DEADLINE_S):
                await process.communicate()
            assert process.returncode == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, made_folder: Path) -> Program:
    own = tmp_path_factory.mktemp("own")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "backend"),
        "FORETYPE_MODELS_DIR": str(own / "models"),
        "FORETYPE_STATE_DIR": str(own / "state"),
        "FORETYPE_TOKEN": TOKEN,
    }

    async def prepare() -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "foretype", "prepare", str(made_folder)), env=environment
        )
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() == 0

    asyncio.run(prepare())
    return Program(environment)


async def type_at(address: str) -> None:
    """Type one text; the first keystroke belongs to a trace of the client's."""
    parent = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address}/v1/socket", protocols=["foretype.v1"]) as socket,
    ):
        await socket.send_json({"type": "hello", "token": TOKEN, "client": f"{MARKER}/1"})
        assert (await socket.receive_json())["type"] == "welcome"
        for seq, keystroke in enumerate(KEYSTROKES):
            asked = {"type": "keystroke", "field": MARKER, "seq": seq, **keystroke}
            await socket.send_json(asked | (parent if seq == 0 else {}))
            await final_answer(socket, seq)
        await socket.send_json({"type": "accepted", "field": MARKER, "seq": seq, "text": MARKER})
        await socket.send_json({"type": "close", "field": MARKER})


async def final_answer(socket: aiohttp.ClientWebSocketResponse, seq: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            frame = await socket.receive_json()
            if frame["seq"] == seq and frame["final"]:
                return


@dataclass(frozen=True)
class Typed:
    """What the collector got from a server at which one text was typed."""

    receiver: Receiver

    def named(self, *names: str) -> list[Span]:
        return [span for span in self.receiver.spans() if span.name in names]


@pytest.fixture(scope="module")
def typed(program: Program) -> Typed:
    async def watched() -> Receiver:
        async with receiving() as receiver:
            async with program.served(FORETYPE_TRACES=receiver.address) as address:
                await type_at(address)
            return receiver

    return Typed(asyncio.run(watched()))


def test_each_keystroke_has_a_span_with_its_stages(typed: Typed) -> None:
    keystrokes = {span.span_id: span for span in typed.named(KEYSTROKE)}
    assert len(keystrokes) == len(KEYSTROKES)
    stages: dict[bytes, set[str]] = {one: set() for one in keystrokes}
    for span in typed.named(*Stage):
        stages[span.parent_span_id].add(span.name)
        around = keystrokes[span.parent_span_id]
        assert span.trace_id == around.trace_id
        assert around.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= around.end_time_unix_nano
    assert all(found >= {Stage.RECEIVE, Stage.TREE, Stage.SEND} for found in stages.values())
    assert set(Stage) in stages.values()


def test_the_first_keystroke_is_in_the_trace_of_its_client_and_the_others_are_in_their_own(
    typed: Typed,
) -> None:
    of_client = [span for span in typed.named(KEYSTROKE) if span.trace_id.hex() == TRACE]
    assert [span.parent_span_id.hex() for span in of_client] == [PARENT]
    assert len({span.trace_id for span in typed.named(KEYSTROKE)}) == len(KEYSTROKES)
    assert sum(not span.parent_span_id for span in typed.named(KEYSTROKE)) == len(KEYSTROKES) - 1


def test_runs_of_the_model_have_links_to_the_keystrokes_that_they_served(typed: Typed) -> None:
    keystrokes = {span.span_id for span in typed.named(KEYSTROKE)}
    runs = {span.span_id: span for span in typed.named(RUN)}
    for span in typed.named(Stage.MODEL):
        (link,) = span.links
        assert span.parent_span_id in {one.span_id for one in runs[link.span_id].links}
    for run in runs.values():
        assert not run.parent_span_id
        assert {link.span_id for link in run.links} <= keystrokes
        assert values(run)[Attribute.PURPOSE] in set(RunPurpose)
    assert any(run.links for run in runs.values())
    assert {values(run)[Attribute.MODEL] for run in runs.values()} == {"tiny-gpt2"}


def test_names_and_attributes_are_those_of_the_closed_lists(typed: Typed) -> None:
    spans = typed.receiver.spans()
    assert {span.name for span in spans} <= {KEYSTROKE, RUN, *Stage}
    assert {name for span in spans for name in values(span)} <= set(Attribute)
    assert not [span for span in spans if span.events or span.status.message or span.trace_state]
    for request in typed.receiver.requests():
        for of_resource in request.resource_spans:
            names = {one.key for one in of_resource.resource.attributes}
            assert names == {"service.name", "service.version", "service.instance.id"}


def test_nothing_that_was_typed_and_no_name_or_token_is_in_any_byte_that_was_sent(typed: Typed) -> None:
    sent = b"".join(typed.receiver.bodies) + "".join(typed.receiver.heads).encode()
    assert b"foretype.outcome" in sent  # the bytes can be searched
    for word in {MARKER, TOKEN, *(word for word in BEFORE.split() if len(word) > 4)}:
        assert word.lower().encode() not in sent.lower(), word


async def test_the_variables_of_opentelemetry_alone_send_nothing(program: Program) -> None:
    async with receiving() as receiver:
        base = receiver.address.removesuffix("/v1/traces")
        others = SWITCHED_ON_BY_OTHERS | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": base,
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.address,
        }
        async with program.served(**others) as address:
            await type_at(address)
        assert receiver.heads == []


async def test_the_variables_of_opentelemetry_change_neither_the_address_nor_the_attributes(
    program: Program,
) -> None:
    async with receiving() as receiver, receiving() as other:
        others: dict[str, str] = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": other.address,
            "OTEL_RESOURCE_ATTRIBUTES": f"host.name={MARKER}",
            "OTEL_SERVICE_NAME": MARKER,
            "HTTP_PROXY": other.address,
            "http_proxy": other.address,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-collector-key=abc",
        }
        async with program.served(FORETYPE_TRACES=receiver.address, **others) as address:
            await type_at(address)
        assert other.heads == []
        assert receiver.bodies
        assert MARKER.encode() not in b"".join(receiver.bodies)
        assert all("x-collector-key" in head.lower() for head in receiver.heads)


async def test_a_server_with_a_dead_collector_ends_well(program: Program) -> None:
    async with receiving(hold=True) as receiver:
        async with program.served(FORETYPE_TRACES=receiver.address) as address:
            await type_at(address)
        assert receiver.heads


async def test_without_the_packages_a_sentence_says_what_to_install(program: Program) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WITHOUT_THE_EXTRA, "serve", "--model", "tiny-gpt2", "--port", "0"),
        env=program.environment | {"FORETYPE_TRACES": "http://127.0.0.1:4318"},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(DEADLINE_S):
        _, said = await process.communicate()
    assert process.returncode == 2
    assert "FORETYPE_TRACES needs" in said.decode()
    assert "make trace" in said.decode()
    assert "Traceback" not in said.decode()
