"""`/v1/words`: a person sees and changes the words that the server has learnt from them alone."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from foretype.server.admission import Denied
from foretype.server.credentials import person_of
from foretype.server.frames import ErrorCode, Refused
from foretype.server.protocol import MAX_SEQ, UnreadableError, read_object
from foretype.server.refusal import refuse
from foretype.server.requests import SERVICE, body_of, owner_of
from foretype.words.desk import LearningDesk
from foretype.words.errors import BadImportError
from foretype.words.store import WordStore

USUAL_WORDS, MOST_WORDS = 100, 1000  # in one answer
MOST_TEXTS = 500  # in one change
IMPORT_BYTES = 32 * 1024 * 1024
OFF = Refused(
    ErrorCode.BAD_MESSAGE,
    "This server learns no words: its administrator has switched off FORETYPE_OWN_WORDS.",
)
UNUSABLE = Refused(
    ErrorCode.INTERNAL,
    "The server cannot use its file of own words. Its log says why, and `foretype words` on its machine "
    "says what to do.",
)


Handler = Callable[[web.Request], Awaitable[web.Response]]


def _for_person(handle: Callable[[web.Request, LearningDesk, str], Awaitable[web.Response]]) -> Handler:
    """A route that calls `handle` with the desk and the person whose token the request has."""

    @functools.wraps(handle)
    async def route(request: web.Request) -> web.Response:
        owner = await owner_of(request)
        if isinstance(owner, Denied):
            return refuse(owner.refused, owner.retry_s)
        learning = request.app[SERVICE].learning
        return refuse(OFF) if learning is None else await handle(request, learning, person_of(owner))

    return route


async def listed(request: web.Request) -> web.Response:
    owner = await owner_of(request)
    if isinstance(owner, Denied):
        return refuse(owner.refused, owner.retry_s)
    search = request.query.get("search", "").casefold()
    limit, offset = _number(request, "limit", USUAL_WORDS, MOST_WORDS), _number(request, "offset", 0, MAX_SEQ)
    learning = request.app[SERVICE].learning
    if learning is None:
        return web.json_response({"learning": False, "total": 0, "words": []})
    # If this or another `with_file` is cancelled, the client is gone; a change is made all the same.
    words = await learning.with_file(lambda store: store.words(person_of(owner)))
    found = [word for word in words if search in word.text.casefold()]
    page = [
        {"text": word.text, "seen": word.seen, "by_hand": word.by_hand}
        for word in found[offset : offset + limit]
    ]
    return web.json_response({"learning": True, "total": len(found), "words": page})


@_for_person
async def changed(request: web.Request, learning: LearningDesk, person: str) -> web.Response:
    """Exactly one of `add` and `remove`, a list of texts."""
    message = read_object(await body_of(request))
    wishes = [name for name in ("add", "remove") if name in message]
    if len(wishes) != 1:
        raise UnreadableError("Send either 'add' or 'remove', a list of texts.")
    texts = message[wishes[0]]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UnreadableError(f"'{wishes[0]}' must be a list of texts.")
    if len(texts) > MOST_TEXTS:
        raise UnreadableError(f"'{wishes[0]}' has more than {MOST_TEXTS} texts: send them in parts.")

    def change(store: WordStore) -> int:
        (store.add if wishes[0] == "add" else store.remove)(person, texts)
        return len(store.words(person))

    return web.json_response({"total": await learning.with_file(change)})


@_for_person
async def forgotten(request: web.Request, learning: LearningDesk, person: str) -> web.Response:
    learning.forget(person)
    await learning.with_file(lambda store: store.forget(person))
    if (engine := request.app[SERVICE].engine) is not None:
        engine.forget_words(person)
    return web.json_response({"total": 0})


@_for_person
async def exported(request: web.Request, learning: LearningDesk, person: str) -> web.Response:
    text = await learning.with_file(lambda store: json.dumps(store.export(person)))
    return web.Response(text=text, content_type="application/json")


@_for_person
async def imported(request: web.Request, learning: LearningDesk, person: str) -> web.Response:
    body = await body_of(request.clone(client_max_size=IMPORT_BYTES))
    # Megabytes are not parsed on the event loop. If this is cancelled, nothing is imported.
    message: dict[str, Any] = await asyncio.to_thread(read_object, body)

    def import_(store: WordStore) -> int:
        store.import_(person, message)
        return len(store.words(person))

    try:
        return web.json_response({"total": await learning.with_file(import_)})
    except BadImportError as bad:
        raise UnreadableError(str(bad)) from None


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise UnreadableError(f"'{name}' must be a whole number from 0 to {most}.")
    return min(int(text), most)
