"""The custom metrics API, as a metrics adapter serves it: figures of pods, asked of Prometheus.

The API server passes requests for `custom.metrics.k8s.io` on to it. The HorizontalPodAutoscaler asks for one
figure of all pods that a label selector names. The kinds are those of
https://github.com/kubernetes/metrics/tree/master/pkg/apis/custom_metrics/v1beta1
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from deploy.lab.api import Api, Manifest
from deploy.lab.credentials import Credentials
from deploy.lab.pod_status import time_of
from deploy.lab.programs import CHART
from deploy.lab.prometheus import Prometheus, Sample
from latency.replay.server import free_ports

GROUP, VERSION = "custom.metrics.k8s.io", "v1beta1"
HERE = f"/apis/{GROUP}/{VERSION}"
SERVICE, NAMESPACE = "adapter", "kube-system"
SERVER_NAME = f"{SERVICE}.{NAMESPACE}.svc"
"""The name that the API server expects in the certificate."""
_NAME = re.compile(r"^  (\w+Metric): (\w+)$", re.MULTILINE)
_QUERY = re.compile(r"^  \{\{ \.Values\.autoscaling\.(\w+) \}\}\n +(sum by \(pod\).*)$", re.MULTILINE)


def chart_figures() -> dict[str, str]:
    """The figures that the chart's autoscaler asks for, with the queries that helm's notes print for them."""
    names = dict(_NAME.findall((CHART / "values.yaml").read_text("utf-8")))
    notes = (CHART / "templates" / "NOTES.txt").read_text("utf-8")
    return {names[value]: query for value, query in _QUERY.findall(notes)}


def resources(figures: Mapping[str, str]) -> Manifest:
    """The answer to the question for all resources of the API. figures: the query of each."""
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{GROUP}/{VERSION}",
        "resources": [
            {
                "name": f"pods/{name}",
                "singularName": "",
                "namespaced": True,
                "kind": "MetricValueList",
                "verbs": ["get"],
            }
            for name in figures
        ],
    }


def values(figure: str, pods: Sequence[Manifest], samples: Sequence[Sample]) -> Manifest:
    """A figure of pods. A pod that Prometheus has no figure of is left out, as adapters do."""
    by_pod = {labels.get("pod"): value for labels, value in samples}
    now = time_of()
    items: list[dict[str, Any]] = [
        {
            "describedObject": {"kind": "Pod", "apiVersion": "/v1", **_named(pod)},
            "metricName": figure,
            "timestamp": now,
            "value": f"{round(by_pod[pod['metadata']['name']] * 1000)}m",
            "selector": None,
        }
        for pod in pods
        if pod["metadata"]["name"] in by_pod
    ]
    return {"kind": "MetricValueList", "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}, "items": items}


def _named(pod: Manifest) -> dict[str, str]:
    return {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}


@asynccontextmanager
async def adapter(
    api: Api, prometheus: Prometheus, credentials: Credentials, figures: Mapping[str, str]
) -> AsyncIterator[None]:
    """Serve the figures, and tell the API server where. figures: the query of each."""

    async def discovery(_: web.Request) -> web.Response:
        return web.json_response(resources(figures))

    async def answer(request: web.Request) -> web.Response:
        figure, namespace = request.match_info["figure"], request.match_info["namespace"]
        if figure not in figures:
            raise web.HTTPNotFound
        selector = request.query.get("labelSelector", "")
        pods = await api.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector)
        samples = await prometheus.query(figures[figure])
        return web.json_response(values(figure, pods["items"], samples))

    app = web.Application()
    app.router.add_get(HERE, discovery)
    app.router.add_get(f"{HERE}/namespaces/{{namespace}}/pods/{{which}}/{{figure}}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    (port,) = free_ports(1)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(credentials.server.certificate, credentials.server.key)
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    try:
        await _register(api, credentials, port)
        yield
    finally:
        await runner.cleanup()


async def _register(api: Api, credentials: Credentials, port: int) -> None:
    """An ExternalName is the one kind of Service that the API server reaches without a network of pods."""
    service = {
        "metadata": {"name": SERVICE},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
    }
    await api.create(f"/api/v1/namespaces/{NAMESPACE}/services", service)
    await api.create(
        "/apis/apiregistration.k8s.io/v1/apiservices",
        {
            "metadata": {"name": f"{VERSION}.{GROUP}"},
            "spec": {
                "group": GROUP,
                "version": VERSION,
                "service": {"name": SERVICE, "namespace": NAMESPACE, "port": port},
                "caBundle": credentials.authority.encoded(),
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
            },
        },
    )
