"""Frames that wait for a slow reader."""

from __future__ import annotations

import asyncio

from foretype.server.mailbox import Mailbox


async def test_a_newer_answer_takes_the_place_of_the_older() -> None:
    box = Mailbox()
    box.put_answer("a", "a1")
    box.put_answer("b", "b1")
    box.put_answer("a", "a2")
    assert [await box.take(), await box.take()] == ["a2", "b1"]
    assert len(box) == 0


async def test_errors_are_kept_all_of_them_in_their_order() -> None:
    box = Mailbox()
    box.put("e1")
    box.put_answer("a", "a1")
    box.put("e2")
    assert [await box.take() for _ in range(3)] == ["e1", "a1", "e2"]


async def test_a_client_that_does_not_read_its_errors_waits() -> None:
    box = Mailbox(others=2)
    box.put("e1")
    await box.room()
    box.put("e2")
    waiting = asyncio.ensure_future(box.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await box.take()
    await waiting


async def test_the_answer_of_a_closed_field_is_dropped() -> None:
    box = Mailbox()
    box.put_answer("a", "a1")
    box.drop_answer("a")
    box.drop_answer("never opened")
    assert len(box) == 0


async def test_an_abandoned_box_holds_nobody_up() -> None:
    box = Mailbox(others=1)
    box.put("e1")
    waiting = asyncio.ensure_future(box.room())
    box.abandon()
    await waiting
    box.put("e2")
    box.put_answer("a", "a1")
    assert len(box) == 0


async def test_taking_waits_for_something_and_may_be_cancelled() -> None:
    box = Mailbox()
    first = asyncio.ensure_future(box.take())
    await asyncio.sleep(0)
    first.cancel()
    second = asyncio.ensure_future(box.take())
    await asyncio.sleep(0)
    box.put("e1")
    assert await second == "e1"
