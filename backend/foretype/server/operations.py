"""The operations port: `/livez`, `/readyz` and `/metrics`, for probes and for Prometheus.

Probes and Prometheus connect to the address of a pod, which the guard of the usual routes refuses. So these
routes have a port of their own, without a check of the Host header and without tokens. Their answers contain
no typed text. A rule of the network (in Kubernetes a NetworkPolicy) has to keep the port private.

The names are those of Kubernetes' own components: https://kubernetes.io/docs/reference/using-api/health-checks/
"""

from __future__ import annotations

from aiohttp import hdrs, web

from foretype.server import balance
from foretype.server.headers import SAFE
from foretype.server.requests import SERVICE
from foretype.server.service import Phase, Service
from foretype.support import metrics


def make_operations(service: Service) -> web.Application:
    app = web.Application(client_max_size=1024)
    app[SERVICE] = service
    app.on_response_prepare.append(_add_headers)
    app.router.add_get("/livez", _livez)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/metrics", _metrics)
    return app


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(SAFE)


async def _livez(_: web.Request) -> web.Response:
    """The event loop runs. Nothing else is checked, because a model that fails for good ends the process."""
    return web.Response(text="ok")


async def _readyz(request: web.Request) -> web.Response:
    """Whether new connections get suggestions: not while the model is loading, and not while draining.

    A load balancer that asks may say how many connections it has opened to this server and to all.
    """
    service = request.app[SERVICE]
    if (header := request.headers.get(balance.HEADER)) is not None:
        service.balance.said(header)
    phase = service.phase
    return web.Response(text=phase.value, status=200 if phase is Phase.READY else 503)


async def _metrics(request: web.Request) -> web.Response:
    text = request.app[SERVICE].metrics.text()
    return web.Response(body=text, headers={hdrs.CONTENT_TYPE: metrics.CONTENT_TYPE})
