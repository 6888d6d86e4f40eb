"""One harmless try for each weakness, made from outside, so that it works with servers of both commits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil

from foretype.server.guard import digest
from foretype.server.proof import Challenge, Claim, key_id
from latency.greedy import Greed, GreedyClient, serialised
from latency.replay.connection import Connection
from latency.replay.plain_typing import answers_to
from latency.replay.server import StartedServer
from latency.replay.type_text import Manner, TypedField, type_text
from latency.stops import Load, busy
from latency.weaknesses.page import page_learns_nothing
from latency.weaknesses.trial import Found, Trial, files_in, is_ready

STOPS = 8
STOP_S = 10.0
GREEDY_CHARS = 1900
MOST_REFUSED = 1  # other work on the machine may cost one
GREEDY_S = 3.0  # the greedy client sends for this long before the typist begins
ASLEEP_S = 50.0
OLD_TEXT = 100  # characters
SLOW_HEADS = 60
SLOW_HEAD_S = 25.0
WRONG_CODES = 5
LOOPBACK = ("127.0.0.1", "::1")

Check = Callable[[Trial, Sequence[str]], Coroutine[Any, Any, Found]]


async def nothing_in_the_home_folder(trial: Trial, texts: Sequence[str]) -> Found:
    home = trial.folder / "home"
    home.mkdir()
    # The modules of this process turn telemetry off in its own variables, which the server would inherit.
    os.environ.pop("ORT_DISABLE_TELEMETRY", None)
    folders = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "TMPDIR": str(home)}
    async with (
        trial.serving(folders) as server,
        aiohttp.ClientSession() as http,
        Connection(http, server.address, server.token) as connection,
    ):
        await type_text(connection, "mail", texts[0][:20], Manner(wpm=None), stop=asyncio.Event())
    files = files_in(home)
    return Found(not files, f"{len(files)} files in a home folder that was empty")


async def server_proves_itself(trial: Trial, texts: Sequence[str]) -> Found:
    async with trial.serving() as server, aiohttp.ClientSession() as http:
        known = digest(server.token)
        claim = Claim(key_id(known), secrets.token_urlsafe(24), urlsplit(server.address).netloc)
        async with http.ws_connect(f"{server.address}/v1/socket", protocols=("foretype.v1",)) as socket:
            hello = {"type": "hello", "client": "foretype-weaknesses/0.1"}
            await socket.send_json(hello | {"key": claim.key, "nonce": claim.nonce, "address": claim.address})
            answer = await socket.receive_json(timeout=10.0)
    if answer.get("type") != "challenge":
        return Found(False, f"a client that asks for a proof gets {answer.get('code', answer['type'])}")
    proved = Challenge(claim, answer["nonce"]).proof(known) == answer["proof"]
    return Found(proved, "a client gets a right proof" if proved else "a client gets a wrong proof")


async def stops_are_clean(trial: Trial, texts: Sequence[str]) -> Found:
    """The model reads long texts, so that a run is under way at nearly every stop."""
    codes = Counter([await _stop_code(trial, texts, Random(number)) for number in range(STOPS)])
    seen = ", ".join(f"{times} with exit code {code}" for code, times in codes.most_common())
    return Found(set(codes) == {0}, f"of {STOPS} stops under load, {seen}")


async def _stop_code(trial: Trial, texts: Sequence[str], rng: Random) -> int | None:
    with busy(Load().busy_loops):
        async with (
            trial.serving() as server,
            aiohttp.ClientSession() as http,
            _greedy_beside(server.address, server.token, texts, http),
        ):
            await asyncio.sleep(rng.uniform(1.0, 3.0))
            server.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    return await server.process.wait()
    return None


@contextlib.asynccontextmanager
async def _greedy_beside(
    address: str, token: str, texts: Sequence[str], http: aiohttp.ClientSession
) -> AsyncIterator[None]:
    """Inside the `with` block, a client sends 50 long new texts a second."""
    tails = serialised([text[:GREEDY_CHARS] for text in texts], GREEDY_CHARS)
    greed = Greed(texts_a_second=50.0, fields=50, connections=1, new_fields=False)
    task = asyncio.create_task(GreedyClient(address, token, tails, greed).send(http))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def a_typist_beside_a_greedy_client(trial: Trial, texts: Sequence[str]) -> Found:
    typed = TypedField()
    manner = Manner(wpm=60.0, kind="email")
    async with trial.serving() as server, aiohttp.ClientSession() as http:
        greedy = await _paired_token(trial, server, http)
        async with (
            _greedy_beside(server.address, greedy, texts, http),
            Connection(http, server.address, server.token) as connection,
        ):
            await asyncio.sleep(GREEDY_S)
            await type_text(
                connection, "mail", texts[0][:100], manner, stop=asyncio.Event(), typed_field=typed
            )
    keystrokes = typed.ledger.keystrokes()
    refused = sum(keystroke.error is not None for keystroke in keystrokes)
    return Found(refused <= MOST_REFUSED, f"{refused} of a typist's {len(keystrokes)} keystrokes are refused")


async def _paired_token(trial: Trial, server: StartedServer, http: aiohttp.ClientSession) -> str:
    code = await trial.pairing_code()
    async with http.post(f"{server.address}/v1/pair", json={"code": code}) as answer:
        token: str = (await answer.json())["token"]
        return token


async def blank_host(trial: Trial, texts: Sequence[str]) -> Found:
    async with trial.started({"FORETYPE_HOST": ""}) as server:
        await is_ready(server)
        with contextlib.suppress(psutil.NoSuchProcess):
            listening = {
                one.laddr.ip
                for one in psutil.Process(server.process.pid).net_connections("tcp")
                if one.status == psutil.CONN_LISTEN
            }
            return Found(
                listening <= set(LOOPBACK), f"a blank host listens on {', '.join(sorted(listening))}"
            )
    return Found(True, "a blank host is refused")


async def a_state_folder_that_cannot_be_written(trial: Trial, texts: Sequence[str]) -> Found:
    (trial.folder / "file").touch()
    folder = trial.folder / "file" / "state"
    async with trial.started({"FORETYPE_STATE_DIR": str(folder)}) as server:
        await is_ready(server)
        told = str(folder) in server.said()
    return Found(told, "told at the start" if told else "not told at the start")


async def links_with_wrong_codes(trial: Trial, texts: Sequence[str]) -> Found:
    async with trial.started({}) as server, aiohttp.ClientSession() as http:
        await is_ready(server)
        for _ in range(WRONG_CODES):
            await _pair(http, server.address, {"code": "WRNG-CODE", "by_link": True})
        status = await _pair(http, server.address, {"code": await trial.pairing_code()})
    return Found(status == 200, f"after {WRONG_CODES} wrong codes in links, a right code gets {status}")


async def _pair(http: aiohttp.ClientSession, address: str, message: Mapping[str, object]) -> int:
    async with http.post(f"{address}/v1/pair", json=message) as answer:
        return answer.status


async def slow_heads(trial: Trial, texts: Sequence[str]) -> Found:
    """Each connection sends one more byte of the head every two seconds."""
    async with trial.serving() as server:
        port = urlsplit(server.address).port
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(SLOW_HEADS)]
        for _, writer in opened:
            writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        began = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - began < SLOW_HEAD_S:
            await asyncio.sleep(2.0)
            for _, writer in opened:
                if not writer.is_closing():
                    writer.write(b"x")
        ends = await asyncio.gather(*(_has_ended(reader) for reader, _ in opened))
        for _, writer in opened:
            writer.close()
    left = SLOW_HEADS - sum(ends)
    return Found(left == 0, f"{left} of {SLOW_HEADS} slow heads are open after {SLOW_HEAD_S:.0f} s")


async def _has_ended(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            with contextlib.suppress(ConnectionError):
                await reader.read()
            return True
    return False


async def a_wrong_content_encoding(trial: Trial, texts: Sequence[str]) -> Found:
    async with trial.serving() as server, aiohttp.ClientSession() as http:
        head = {"Authorization": f"Bearer {server.token}", "Content-Encoding": "gzip"}
        async with http.post(f"{server.address}/v1/complete", data=b"not gzip", headers=head) as answer:
            status = answer.status
    return Found(status < 500, f"a body that is not what its Content-Encoding says gets {status}")


async def a_laptop_that_slept(trial: Trial, texts: Sequence[str]) -> Found:
    """The server sleeps for `ASLEEP_S`, in which it keeps what it has read: SIGSTOP, then SIGCONT."""
    async with (
        trial.serving() as server,
        aiohttp.ClientSession() as http,
        Connection(http, server.address, server.token) as connection,
    ):
        await _first_answer_ms(connection, "before", texts[0])
        server.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(ASLEEP_S)
        server.process.send_signal(signal.SIGCONT)
        first_ms = await _first_answer_ms(connection, "after", texts[1])
        budget_ms = connection.welcome.budget_ms
    return Found(
        first_ms <= budget_ms, f"the first answer after {ASLEEP_S:.0f} s of sleep takes {first_ms:.0f} ms"
    )


async def _first_answer_ms(connection: Connection, name: str, text: str) -> float:
    """To a key in a new field that has a text."""
    began = time.perf_counter()
    async for _ in answers_to(connection, name, [text[:OLD_TEXT]]):
        pass
    return (time.perf_counter() - began) * 1000


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "1 nothing is written by dependencies": nothing_in_the_home_folder,
        "2 the server proves itself": server_proves_itself,
        "3 stops": stops_are_clean,
        "4 a greedy client": a_typist_beside_a_greedy_client,
        "5 a blank host": blank_host,
        "6 a state folder that cannot be written": a_state_folder_that_cannot_be_written,
        "7 wrong codes in links": links_with_wrong_codes,
        "8 slow heads": slow_heads,
        "9 odd requests": a_wrong_content_encoding,
        "9 a laptop that slept": a_laptop_that_slept,
        "10 a page that looks for the suggestion": page_learns_nothing,
    }
)
