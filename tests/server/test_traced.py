"""When a keystroke's span begins and ends, and that no answer waits for a collector."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretype.engine.keystroke import Keystroke, Reason, Suggestion
from foretype.server import traced
from foretype.server.state_file import UnreadableStateError
from foretype.support import collector
from tests.otlp import Receiver, receiving, values
from tests.server.conftest import TOKEN, Running, Start
from tests.server.fake import FakeDesk, FakeEngine, answer_at_once, answer_nothing, failure, suggested

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def keystrokes_in(count: int) -> Callable[[list[Any]], bool]:
    return lambda spans: sum(span.name == "keystroke" for span in spans) >= count


async def outcomes(receiver: Receiver, count: int) -> list[dict[str, Any]]:
    """The attributes of the keystrokes, as soon as there are `count`."""
    spans = await receiver.until(keystrokes_in(count))
    return [values(span) for span in spans if span.name == "keystroke"]


async def test_an_answered_keystroke_ends_with_what_was_answered(start: Start) -> None:
    answers: list[Any] = [suggested(), Suggestion.nothing(Reason.UNLIKELY), failure("overloaded")]

    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, answers[keystroke.seq], final=True, elapsed_ms=1.5)

    async with receiving() as receiver, start(FakeEngine(script), traces=receiver.address) as running:
        async with running.client() as client:
            for seq in range(3):
                await client.keystroke(seq)
                await client.next()
        ended = await outcomes(receiver, 3)
    common = {"foretype.model": "fake-1m", "foretype.elapsed_ms": 1.5}
    assert ended == [
        {**common, "foretype.outcome": "shown", "foretype.source": "tree"},
        {**common, "foretype.outcome": "empty", "foretype.source": "tree", "foretype.reason": "unlikely"},
        {**common, "foretype.outcome": "error", "foretype.code": "overloaded"},
    ]
    sends = [span for span in receiver.spans() if span.name == "send"]
    assert {span.parent_span_id for span in sends} == {
        span.span_id for span in receiver.spans() if span.name == "keystroke"
    }


async def test_a_keystroke_without_an_answer_ends_with_the_reason_for_that(start: Start) -> None:
    async with (
        receiving() as receiver,
        start(FakeEngine(answer_nothing), traces=receiver.address) as running,
    ):
        async with running.client() as client:
            await client.keystroke(1)
            await client.keystroke(2)
            await client.send(type="close", field="f1")
            await client.keystroke(3, field="f2")
            await running.engine.until("keystroke", 3)
        ended = await outcomes(receiver, 3)
    assert [one["foretype.outcome"] for one in ended] == ["overtaken", "closed", "closed"]


async def test_a_keystroke_whose_token_cannot_be_checked_ends_as_an_error(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def still_good(tokens: object, owner: str) -> bool:
        raise UnreadableStateError(Path("tokens.json"), "No such device")

    async with (
        receiving() as receiver,
        start(FakeEngine(answer_nothing), traces=receiver.address) as running,
        running.client() as client,
    ):
        await client.keystroke(1)
        await running.engine.until("keystroke", 1)
        monkeypatch.setattr(type(running.server.service.tokens), "still_good", still_good)
        await client.keystroke(2)
        assert (await client.next())["code"] == "internal"
        ended = await outcomes(receiver, 2)
    assert [one["foretype.outcome"] for one in ended] == ["overtaken", "error"]


async def test_a_preliminary_answer_does_not_end_a_keystroke(start: Start) -> None:
    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, suggested("ck"), final=False, elapsed_ms=1)

    engine = FakeEngine(script)
    async with receiving() as receiver, start(engine, traces=receiver.address) as running:
        async with running.client() as client:
            await client.keystroke(1)
            assert (await client.next())["final"] is False
            engine.desks[0].answer("f1", 1, suggested("ck res"), final=True, elapsed_ms=2)
            assert (await client.next())["final"] is True
        (ended,) = await outcomes(receiver, 1)
        spans = receiver.spans()
    assert ended["foretype.elapsed_ms"] == 2
    assert [span.name for span in spans].count("send") == 2


async def test_a_request_over_http_is_traced_too_and_joins_the_trace_of_its_client(start: Start) -> None:
    async with receiving() as receiver, start(traces=receiver.address, traces_share=0) as running:
        asked = {"before": "Thanks for the qui"}
        for more in ({}, {"traceparent": PARENT}):
            async with running.http.post(
                running.url("/v1/complete"),
                json=asked | more,
                headers={"Authorization": f"Bearer {TOKEN}"},
            ) as answer:
                assert answer.status == 200
        spans = await receiver.until(keystrokes_in(1))
    (keystroke,) = [span for span in spans if span.name == "keystroke"]
    assert f"00-{keystroke.trace_id.hex()}-{keystroke.parent_span_id.hex()}-01" == PARENT
    assert values(keystroke)["foretype.outcome"] == "shown"


async def test_a_request_that_takes_no_answer_keeps_no_span_open(start: Start) -> None:
    async with receiving() as receiver, start(traces=receiver.address) as running:
        async with running.client() as client:
            await client.keystroke(1)
            await client.next()
        await receiver.until(keystrokes_in(1))
        traces = running.server.service.metrics.stages.traces
        assert traces is not None
        assert len(traces) == 0


async def counted(running: Running) -> dict[str, float]:
    """The spans by their fate, as /metrics says."""
    async with running.http.get(running.url("/metrics")) as answer:
        lines = (await answer.text()).splitlines()
    found = [
        line.split('fate="')[1].split('"} ') for line in lines if line.startswith("foretype_spans_total{")
    ]
    return {fate: float(value) for fate, value in found}


async def test_a_collector_that_never_answers_delays_nothing_and_the_rest_is_dropped_and_counted(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, keystrokes = 4, 30
    monkeypatch.setattr(collector, "MOST_SPANS", most)
    async with receiving(hold=True) as receiver, start(traces=receiver.address) as running:
        async with running.client() as client:
            for seq in range(keystrokes):
                await client.keystroke(seq)
                assert (await client.next())["type"] == "suggestion"
            fates = await counted(running)
        assert fates["sent"] == 0
        assert (
            fates["dropped"] >= 3 * keystrokes - 2 * most - 2
        )  # each with receive and send; the last may lack some
    # The end of the block has stopped the server, although the collector still holds a request.


async def test_a_collector_that_is_not_there_delays_nothing(start: Start) -> None:
    async with receiving() as receiver:
        nobody = receiver.address
    async with start(traces=nobody) as running, running.client() as client:
        for seq in range(30):
            await client.keystroke(seq)
            assert (await client.next())["type"] == "suggestion"
        assert (await counted(running))["sent"] == 0


async def test_what_was_sent_is_counted(start: Start) -> None:
    async with receiving() as receiver, start(traces=receiver.address) as running:
        async with running.client() as client:
            await client.keystroke(1)
            await client.next()
        await receiver.until(keystrokes_in(1))
    text = running.server.service.metrics.text().decode()
    assert 'foretype_spans_total{fate="sent"} 3.0' in text
    assert 'foretype_spans_total{fate="dropped"} 0.0' in text


async def test_without_traces_a_keystroke_calls_and_allocates_nothing_of_them(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("nothing is traced here")

    monkeypatch.setattr(traced.TracedFields, "__init__", never)
    async with start(FakeEngine(answer_at_once)) as running, running.client() as client:
        tracemalloc.start()
        try:
            for seq in range(20):
                await client.keystroke(seq)
                await client.next()
            taken = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
    modules = ("traced.py", "traces.py", "collector.py", "opentelemetry/*")
    filters = [tracemalloc.Filter(True, f"*/{name}") for name in modules]
    assert taken.filter_traces(filters).statistics("filename") == []
