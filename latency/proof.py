"""The cost of not sending the token: connections with a token and with a claim in turns, at one server.

`python -m latency.proof --check proof`

A connection is timed from the request for the WebSocket until `welcome`, in one process beside the server's.
"""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console

from foretype.server.guard import digest
from foretype.server.proof import Challenge, Claim, client_proof, key_id
from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile, Model
from latency.paths import OUT
from latency.replay.connection import ServerLostError
from latency.replay.server import OwnServer, own_server
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

WARM_UP = 20

app = new_app()

Greeting = Callable[[aiohttp.ClientWebSocketResponse, OwnServer], Awaitable[Any]]


async def say_token(socket: aiohttp.ClientWebSocketResponse, server: OwnServer) -> Any:
    await socket.send_json({"type": "hello", "token": server.token})
    return await socket.receive_json()


async def prove_token(socket: aiohttp.ClientWebSocketResponse, server: OwnServer) -> Any:
    """The last frame of the server. Raises `ServerLostError` if the server proves nothing."""
    claim = Claim(key_id(digest(server.token)), secrets.token_urlsafe(24), server.address.partition("//")[2])
    await socket.send_json(
        {"type": "hello", "key": claim.key, "nonce": claim.nonce, "address": claim.address}
    )
    frame = await socket.receive_json()
    challenge = Challenge(claim, frame.get("nonce", ""))
    if frame.get("proof") != challenge.proof(digest(server.token)):
        raise ServerLostError(f"The server at {server.address} did not prove that it knows the token.")
    await socket.send_json({"type": "proof", "proof": client_proof(server.token, challenge)})
    return await socket.receive_json()


def figures_of(token_ms: list[float], claim_ms: list[float]) -> dict[str, float | None]:
    """By the names of `budget.toml`. Pairs of connections that were opened one after the other."""
    more = statistics.median(claim - token for token, claim in zip(token_ms, claim_ms, strict=True))
    token, claim = statistics.median(token_ms), statistics.median(claim_ms)
    return {"token_ms": token, "claim_ms": claim, "ratio": claim / token, "more_ms": more}


@app.command()
def main(
    model: Model = "smollm2-135m",
    connections: Annotated[int, typer.Option(min=10, help="Connections of each kind.")] = 300,
    out: FiguresFile = OUT / "proof.json",
    check: Check = None,
) -> None:
    """Open connections that send their token and connections that prove it, in turns, and compare the times.

    Takes a few seconds after the server has started.
    """
    console = Console()
    with errors_as_sentences(console, "proof"):
        budget = find_optional_budget(check)
        flat = figures_of(*run(_measure(settings_for(model), connections)))
    write_figures(out, {"model": model, "connections": connections, "flat": flat})
    console.print(f"{machine()}, {connections} connections of each kind, medians in milliseconds")
    console.print(
        f"with a token {flat['token_ms']:.2f}, with a proof {flat['claim_ms']:.2f}, "
        f"ratio {flat['ratio']:.2f}, a proof takes {flat['more_ms']:.2f} more"
    )
    exit_if_missed(budget, flat, console)


async def _measure(settings: dict[str, str], connections: int) -> tuple[list[float], list[float]]:
    token_ms: list[float] = []
    claim_ms: list[float] = []
    async with (
        own_server(OUT / "proof-server.log", settings=settings) as server,
        aiohttp.ClientSession() as http,
    ):
        for number in range(WARM_UP + connections):
            for greet, times in ((say_token, token_ms), (prove_token, claim_ms)):
                took = await _timed(http, server, greet)
                if number >= WARM_UP:
                    times.append(took)
    return token_ms, claim_ms


async def _timed(http: aiohttp.ClientSession, server: OwnServer, greet: Greeting) -> float:
    began = time.perf_counter()
    async with http.ws_connect(f"{server.address}/v1/socket", protocols=("foretype.v1",)) as socket:
        frame = await greet(socket, server)
        took = (time.perf_counter() - began) * 1000.0
    if frame.get("type") != "welcome":
        raise ServerLostError(f"The server at {server.address} did not accept a connection: {frame}")
    return took


if __name__ == "__main__":
    app(prog_name="python -m latency.proof")
