"""No text that was typed appears in any log line, at any level."""

from __future__ import annotations

import ast
import asyncio
import gc
import io
import json
import logging
import os
import threading
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

import foretype
from foretype.engine.keystroke import Keystroke, Source, Suggestion
from foretype.support import logs
from tests.server.conftest import TOKEN, Start
from tests.server.fake import FieldsEngine

MARKER = "zqxmarkerzqx"


@pytest.fixture
def written() -> io.StringIO:
    """Everything that is logged, at the most talkative level."""
    stream = io.StringIO()
    logs.configure("debug", stream)
    logs.quiet_hooks()
    return stream


def test_a_line_that_nobody_can_read_ends_nothing() -> None:
    gone = io.StringIO()
    logs.configure("debug", gone)
    gone.close()
    logs.logger().error("run_failed")
    logging.getLogger("aiohttp").error("library")

    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as broken:
        logs.configure("debug", broken)
        logs.logger().error("run_failed")
        with suppress(BrokenPipeError):
            broken.close()


def test_what_happens_often_is_one_line_a_minute_with_a_count(written: io.StringIO) -> None:
    now = 0.0
    lines = logs.SparseLines(lambda: now)
    for _ in range(5):
        lines.warning("connections_full", connections=7)
    lines.error("open_files_run_out")
    now = 60.0
    lines.warning("connections_full", connections=7)
    first, other, second = written.getvalue().splitlines()
    assert "event='connections_full' connections=7 more=0" in first
    assert "event='open_files_run_out'" in other
    assert "event='connections_full' connections=7 more=4" in second


def raising(keystroke: Keystroke) -> Suggestion:
    """A bug that quotes the text at odd keystrokes; at even ones the text is suggested."""
    if keystroke.seq % 2:
        raise ValueError(f"cannot complete {keystroke.before!r}")
    return Suggestion(keystroke.before, 0.9, Source.MODEL)


async def test_a_marker_that_is_typed_everywhere_is_written_nowhere(
    start: Start, written: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async with start(FieldsEngine(raising)) as running:
        asyncio.get_running_loop().set_debug(True)
        logs.quiet_loop(asyncio.get_running_loop())
        async with running.client() as client:
            for seq in (1, 2):
                around = {"answered": MARKER, "label": MARKER, "unknown": MARKER}
                texts = {"before": MARKER, "after": MARKER, "subject": MARKER, "context": around}
                await client.keystroke(seq, field=MARKER, **texts)
                await client.next()
            for text in [MARKER, f'{{"type":"{MARKER}"', json.dumps({"type": MARKER, "field": MARKER})]:
                await client.socket.send_str(text)
                await client.next()
            await client.socket.send_bytes(MARKER.encode())
            await client.next()
            for wrong in [
                {"before": MARKER * 500},
                {"context": {"answered": MARKER * 500}},
                {"context": {"label": MARKER * 500}},
                {"context": MARKER},
            ]:
                await client.keystroke(3, **wrong)
                assert MARKER not in (await client.next())["message"]
            await client.send(type="accepted", field=MARKER, seq=2, text=MARKER)
            await running.engine.until("accepted")
        async with running.socket() as client:
            await client.send(type="hello", token=MARKER, client=MARKER)
            await client.closed()
        await _http(running.url(""), running.http)
        await _raw(running.server.port)
        asyncio.get_running_loop().create_task(_fails()).add_done_callback(lambda _: None)
        await asyncio.sleep(0)
        gc.collect()
    thread = threading.Thread(target=_raises)
    thread.start()
    thread.join()
    out, err = capfd.readouterr()
    everything = written.getvalue() + out + err
    assert "keystroke_failed" in everything
    assert "uncaught" in everything
    assert "test_logs.py" in everything  # where it went wrong is written
    assert MARKER not in everything


async def _http(url: str, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for body in [json.dumps({"before": MARKER, "seq": 1}), json.dumps({"before": MARKER, "seq": 2}), MARKER]:
        async with http.post(f"{url}/v1/complete", data=body, headers=headers) as response:
            await response.read()
    for path in [f"/{MARKER}", f"/healthz?{MARKER}=1"]:
        async with http.get(url + path, headers={"Cookie": MARKER}) as response:
            await response.read()
    async with http.post(f"{url}/v1/pair", json={"code": MARKER, "client": MARKER}) as response:
        await response.read()
    async with http.get(f"{url}/healthz", headers={"Origin": f"https://{MARKER}.example"}) as response:
        await response.read()


async def _raw(port: int) -> None:
    """Bytes that are not HTTP."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{MARKER} {MARKER}\r\n{MARKER}\r\n\r\n".encode())
    await reader.read()
    writer.close()


async def _fails() -> None:
    raise ValueError(MARKER)


def _raises() -> None:
    raise ValueError(MARKER)


def test_a_field_that_is_not_on_the_list_is_left_out(written: io.StringIO) -> None:
    logs.logger().error("refused", code="bad_message", text=MARKER, before=MARKER)
    assert "code='bad_message'" in written.getvalue()
    assert MARKER not in written.getvalue()


def test_each_field_of_foretypes_own_lines_is_on_the_list() -> None:
    """Otherwise it would be left out of the log, and nobody would notice."""
    fields = {
        (member.arg, f"{file.name}:{call.lineno}")
        for file in Path(foretype.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("debug", "info", "warning", "error")
        for member in call.keywords
        if member.arg is not None
    }
    assert "phase" in {name for name, _ in fields}
    assert {(name, place) for name, place in fields if name not in logs.FIELDS} == set()


def test_other_libraries_lines_say_only_where_they_come_from(written: io.StringIO) -> None:
    logging.getLogger("some.library").error("cannot read %s", MARKER)
    assert "some.library" in written.getvalue()
    assert MARKER not in written.getvalue()


def test_the_level_is_kept(written: io.StringIO) -> None:
    logs.configure("warning", written)
    logs.logger().info("ready")
    logging.getLogger("some.library").info("hello")
    assert written.getvalue() == ""
