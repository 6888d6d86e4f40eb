"""A scripted server that speaks the protocol: what it answers to a text is a table, not a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

TOKEN = "scripted"
Answers = Callable[[dict[str, Any]], list[dict[str, Any]]]


def suggestion(
    frame: dict[str, Any], text: str, *, final: bool = True, source: str = "tree"
) -> dict[str, Any]:
    said = {"type": "suggestion", "field": frame["field"], "seq": frame["seq"], "text": text}
    return said | {"confidence": 0.5, "alternatives": [], "final": final, "elapsed_ms": 0.1, "source": source}


def nothing(frame: dict[str, Any]) -> list[dict[str, Any]]:
    return [suggestion(frame, "")]


@dataclass
class ScriptedServer:
    """`answers` gives the frames for a keystroke; `heard` all that came; `hang_up` closes after so many."""

    answers: Answers = nothing
    heard: list[dict[str, Any]] = field(default_factory=list)
    hang_up: int | None = None
    address: str = ""
    budget_ms: int = 300
    context_chars: int = 2000
    model_runs: int = 0

    async def metrics(self, request: web.Request) -> web.Response:
        return web.Response(text=f"foretype_model_runs_total {self.model_runs}\n")

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("foretype.v1",), compress=False)
        await socket.prepare(request)
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            frame = message.json()
            self.heard.append(frame)
            if not await self._answer(socket, frame) or len(self.heard) == self.hang_up:
                break
        await socket.close()
        return socket

    async def _answer(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> bool:
        """False where the connection is to be closed."""
        if frame["type"] == "hello":
            if frame["token"] != TOKEN:
                await socket.send_json({"type": "error", "code": "unauthorized", "message": "unknown token"})
                return False
            limits = {"context_chars": self.context_chars, "fields": 64, "message_bytes": 32768}
            welcome = {"type": "welcome", "version": 1, "model": "script", "budget_ms": self.budget_ms}
            await socket.send_json(welcome | {"limits": limits})
        elif frame["type"] == "keystroke":
            for answer in self.answers(frame):
                await socket.send_json(answer)
        return True
