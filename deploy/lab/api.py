"""A client of the API server: objects as they are in JSON, and what becomes of them."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import aiohttp

from deploy.lab.credentials import Credentials
from deploy.lab.errors import LabError

Manifest = dict[str, Any]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
"""As a merge patch, but the items of a list with a `type` are merged by it."""
LINE_BYTES = 2**20  # of one object in a watch
WATCH_S = 300


class RefusedError(LabError):
    """The API server refused a request."""

    def __init__(self, status: int, method: str, path: str, message: str) -> None:
        super().__init__(f"{method} {path}: {status} {message}")
        self.status = status


class Api:
    """Use it as `async with Api(…) as api`. Paths begin with a slash, as in `/api/v1/nodes`.

    All methods but `is_ready` raise `LabError` if the API server does not answer.
    """

    def __init__(self, port: int, credentials: Credentials) -> None:
        self.address = f"https://127.0.0.1:{port}"
        context = ssl.create_default_context(cafile=str(credentials.authority.certificate))
        context.load_cert_chain(credentials.administrator.certificate, credentials.administrator.key)
        self._ssl = context
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._ssl, limit=0), read_bufsize=LINE_BYTES
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def get(self, path: str, **params: str) -> Manifest:
        return await self._asked("GET", path, params=params)

    async def create(self, path: str, body: Mapping[str, Any]) -> Manifest:
        return await self._asked("POST", path, json=body)

    async def patch(self, path: str, body: Mapping[str, Any], kind: str = STRATEGIC) -> Manifest:
        sent = json.dumps(body).encode()
        return await self._asked("PATCH", path, data=sent, headers={"Content-Type": kind})

    async def delete(self, path: str, body: Mapping[str, Any]) -> Manifest:
        return await self._asked("DELETE", path, json=body)

    async def is_ready(self) -> bool:
        try:
            async with self._http.get(f"{self.address}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def watch(self, path: str, **params: str) -> AsyncIterator[dict[str, Manifest]]:
        """All objects of a list by their UIDs, now and after each change, without end. The caller must not
        change the dictionary.
        """
        while True:
            listed = await self.get(path, **params)
            objects = {one["metadata"]["uid"]: one for one in listed["items"]}
            yield objects
            version = listed["metadata"]["resourceVersion"]
            async for kind, one in self._events(path, params, version):
                if kind == "DELETED":
                    objects.pop(one["metadata"]["uid"], None)
                else:
                    objects[one["metadata"]["uid"]] = one
                yield objects

    async def _events(
        self, path: str, params: Mapping[str, str], version: str
    ) -> AsyncIterator[tuple[str, Manifest]]:
        """Changes after a version, until the server ends the request or no longer knows the version."""
        asked = {**params, "watch": "true", "resourceVersion": version, "timeoutSeconds": str(WATCH_S)}
        timeout = aiohttp.ClientTimeout(total=None)
        with _silence_as_error():
            async with self._http.get(f"{self.address}{path}", params=asked, timeout=timeout) as answer:
                if answer.status != 200:
                    return
                async for line in answer.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        return
                    yield event["type"], event["object"]

    async def _asked(self, method: str, path: str, **more: Any) -> Manifest:
        """Raises `RefusedError`."""
        with _silence_as_error():
            async with self._http.request(method, f"{self.address}{path}", **more) as answer:
                body: Manifest = await answer.json(content_type=None)
        if answer.status >= 400:
            raise RefusedError(answer.status, method, path, str(body.get("message")))
        return body


@contextmanager
def _silence_as_error() -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError) as error:
        raise LabError(
            f"The API server does not answer ({type(error).__name__}). With --keep FOLDER, its log stays."
        ) from None
