"""A collector of traces in the test's own process: OTLP over HTTP, decoded by OpenTelemetry itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

WAIT_S = 20.0


@dataclass
class Receiver:
    """Keeps what it gets. `hold`: takes requests and answers none before the end of the test."""

    port: int = 0
    hold: bool = False
    bodies: list[bytes] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    async def take(self, request: web.Request) -> web.Response:
        self.heads.append(f"{request.path} {dict(request.headers)}")
        self.bodies.append(await request.read())
        self.came.set()
        if self.hold:
            await self.over.wait()
        return web.Response()

    def requests(self) -> Iterator[ExportTraceServiceRequest]:
        for body in self.bodies:
            yield ExportTraceServiceRequest.FromString(body)

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests()
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    async def until(self, has_come: Callable[[list[Span]], bool]) -> list[Span]:
        """The spans, as soon as those that the test waits for are among them."""
        async with asyncio.timeout(WAIT_S):
            while not has_come(self.spans()):
                self.came.clear()
                await self.came.wait()
        return self.spans()


@contextlib.asynccontextmanager
async def receiving(*, hold: bool = False) -> AsyncIterator[Receiver]:
    receiver = Receiver(hold=hold)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        receiver.over.set()
        await runner.cleanup()


def values(span: Span) -> dict[str, str | int | float]:
    """The attributes of a span."""
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
        for one in span.attributes
    }
