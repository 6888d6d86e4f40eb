"""etcd, the API server, the controllers and the scheduler, on ports of their own on 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.lab.api import Api
from deploy.lab.child import Child
from deploy.lab.credentials import Credentials
from deploy.lab.errors import LabError
from deploy.lab.network import NOBODY, SERVICES
from deploy.lab.programs import Programs
from latency.replay.server import free_ports

READY_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """kubeconfig: a file for helm and kubectl."""

    api: Api
    kubeconfig: Path
    children: Sequence[Child]


@asynccontextmanager
async def control_plane(
    programs: Programs, credentials: Credentials, folder: Path
) -> AsyncIterator[ControlPlane]:
    """Everything is stopped at the end. Raises `LabError` if a program does not start."""
    store, peers, port, controllers, scheduler = free_ports(5)
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(_kubeconfig(port, credentials), "utf-8")
    async with AsyncExitStack() as ending:

        async def start(words: Sequence[str | Path]) -> Child:
            child = await Child.started(words, folder / f"{Path(words[0]).name}.log")
            ending.push_async_callback(child.end)
            return child

        children = [await start(_etcd(programs.etcd, folder, store, peers))]
        children.append(await start(_api_server(programs.kube_apiserver, credentials, folder, store, port)))
        api = await ending.enter_async_context(Api(port, credentials))
        await _until_ready(api, children)
        of_controllers = _controllers(credentials)
        for program, its_port, flags in (
            (programs.kube_controller_manager, controllers, of_controllers),
            (programs.kube_scheduler, scheduler, []),
        ):
            children.append(await start([program, *_component(kubeconfig, folder, its_port), *flags]))
        yield ControlPlane(api, kubeconfig, children)


async def _until_ready(api: Api, children: Sequence[Child]) -> None:
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            while not await api.is_ready():
                for child in children:
                    if child.exit_code is not None:
                        raise child.failed()
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise LabError(f"The API server was not ready within {READY_TIMEOUT_S:.0f} s.") from None


def _etcd(program: Path, folder: Path, port: int, peers: int) -> list[str | Path]:
    here, others = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
    return [
        program,
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={here}",
        f"--advertise-client-urls={here}",
        f"--listen-peer-urls={others}",
        f"--initial-advertise-peer-urls={others}",
        f"--initial-cluster=default={others}",
    ]


def _api_server(
    program: Path, credentials: Credentials, folder: Path, store: int, port: int
) -> list[str | Path]:
    return [
        program,
        f"--etcd-servers=http://127.0.0.1:{store}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--advertise-address={NOBODY}",  # it must not be of loopback; nothing in the lab connects to it
        f"--cert-dir={folder}",
        f"--tls-cert-file={credentials.server.certificate}",
        f"--tls-private-key-file={credentials.server.key}",
        f"--client-ca-file={credentials.authority.certificate}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://lab.invalid",
        f"--service-account-key-file={credentials.accounts.key}",
        f"--service-account-signing-key-file={credentials.accounts.key}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--requestheader-client-ca-file={credentials.authority.certificate}",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={credentials.front.certificate}",
        f"--proxy-client-key-file={credentials.front.key}",
    ]


def _component(kubeconfig: Path, folder: Path, port: int) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--cert-dir={folder}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--port=0",  # no port without TLS
        "--leader-elect=false",
    ]


def _controllers(credentials: Credentials) -> list[str]:
    """All controllers, with their defaults: the HorizontalPodAutoscaler's decides every 15 s."""
    return [
        f"--service-account-private-key-file={credentials.accounts.key}",
        f"--root-ca-file={credentials.authority.certificate}",
    ]


def _kubeconfig(port: int, credentials: Credentials) -> str:
    """JSON, which is YAML."""
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority": str(credentials.authority.certificate),
    }
    user = {
        "client-certificate": str(credentials.administrator.certificate),
        "client-key": str(credentials.administrator.key),
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": "lab", "user": user}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
            "current-context": "lab",
        }
    )
