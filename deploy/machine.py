#!/usr/bin/env python3
"""Writes the files for N servers on one machine behind HAProxy: haproxy.cfg, the systemd template, and the
cores of each server.

Run it on the machine that will run the servers, because it divides the cores of the machine that it runs on.
It changes nothing there: an administrator copies the files, as docs/many-machines.md says. It is not a
command of `foretype`, because the files belong to root and to HAProxy. It needs no package.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import shutil
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
TOPOLOGY = Path("/sys/devices/system/cpu")
MOST_SERVERS = 99  # an instance of the systemd template is two digits
FIRST_PORT = 22700
FIRST_OPERATIONS_PORT = 22800
HOSTS = re.compile(r"^(FORETYPE_ALLOWED_HOSTS=).*$", re.MULTILINE)
HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?", re.ASCII)


class Wanted(NamedTuple):
    """What is to be written. host: the name under which browsers reach the machine; None for the example's.
    user: the user as whom HAProxy runs.
    """

    servers: int
    bind: str
    control: str
    user: str
    host: str | None = None


def haproxy(servers: Sequence[tuple[str, int, int]], bind: str, control: str, user: str | None = None) -> str:
    """HAProxy's configuration.

    servers: name, port and operations port of each. user: the user as whom HAProxy runs after root has
    started it, with a group of the same name; None for the user who starts it.
    """
    lowered = "" if user is None else f"  user {user}\n  group {user}\n"
    lines = [
        f"  server {name} 127.0.0.1:{port} check port {operations}" for name, port, operations in servers
    ]
    template = Template((HERE / "haproxy.cfg").read_text("utf-8"))
    return template.substitute(bind=bind, control=control, user=lowered, servers="\n".join(lines))


def bind_of(address: str, certificate: str | None) -> str:
    """The address for HAProxy's `bind`.

    Without a certificate only an address of this machine is allowed, because typed text would be sent
    unencrypted. Raises `ValueError`.
    """
    if certificate is not None:
        return f"{address} ssl crt {certificate} alpn http/1.1"
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost" or (host and _is_loopback(host)):
        return address
    raise ValueError(f"Other machines may reach {address}: --certificate must name a PEM file.")


def groups(cores: Sequence[Sequence[int]], servers: int) -> list[list[int]]:
    """The processors of each server, from the processors of each core. A core is not shared by two servers if
    there are enough cores; otherwise the servers share all of them.
    """
    if len(cores) < servers:
        return [sorted(number for core in cores for number in core) for _ in range(servers)]
    bounds = [len(cores) * server // servers for server in range(servers + 1)]
    return [sorted(number for core in cores[start:end] for number in core) for start, end in pairwise(bounds)]


def cores_here() -> list[list[int]]:
    """The processors of each core of this machine that this process may use."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    by_core: dict[str, list[int]] = {}
    for number in sorted(allowed):
        try:
            core = (TOPOLOGY / f"cpu{number}" / "topology" / "thread_siblings_list").read_text().strip()
        except OSError:
            core = str(number)
        by_core.setdefault(core, []).append(number)
    return list(by_core.values())


def warnings(servers: int, cores: int, certificate: str | None, host: str | None) -> list[str]:
    """What the administrator still has to do, and what may be a mistake. cores: the cores of this machine."""
    said = []
    if cores < servers:
        some = "1 core" if cores == 1 else f"{cores} cores"
        said.append(
            f"This machine has {some}, so the {servers} servers share them and each is slower. Write the "
            "files on the machine that will run the servers, with at most one server for each core."
        )
    if certificate is not None and not Path(certificate).is_file():
        said.append(
            f"The certificate file {certificate} does not exist. Put the certificate, its chain and its key "
            "there before HAProxy starts."
        )
    if host is None:
        said.append(
            "foretype.env has the example's name, complete.example.org. Give yours with --host, or write it "
            "into FORETYPE_ALLOWED_HOSTS in this file: servers refuse other names."
        )
    return said


def write(folder: Path, wanted: Wanted) -> list[Path]:
    """Write all files, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{number:02}" for number in range(1, wanted.servers + 1)]
    ports = [(f"s{name}", FIRST_PORT + int(name), FIRST_OPERATIONS_PORT + int(name)) for name in names]
    made = [folder / "haproxy.cfg", folder / "foretype@.service", folder / "foretype.env"]
    made[0].write_text(haproxy(ports, wanted.bind, wanted.control, wanted.user), "utf-8")
    for file in made[1:]:
        shutil.copyfile(HERE / file.name, file)
    if wanted.host is not None:
        settings = made[2].read_text("utf-8")
        made[2].write_text(re.sub(HOSTS, rf"\g<1>{wanted.host}", settings), "utf-8")
    for name, processors in zip(names, groups(cores_here(), wanted.servers), strict=True):
        own = folder / f"foretype@{name}.service.d" / "cores.conf"
        own.parent.mkdir(exist_ok=True)
        own.write_text(f"[Service]\nCPUAffinity={' '.join(map(str, processors))}\n", "utf-8")
        made.append(own)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "servers",
        type=int,
        metavar="N",
        help=f"how many servers: 1 to {MOST_SERVERS}, at most one for each core of this machine",
    )
    parser.add_argument("folder", type=Path, help="where to write the files")
    parser.add_argument("--bind", default=":443", help="where HAProxy listens (default: %(default)s)")
    parser.add_argument("--certificate", help="a PEM file with HAProxy's certificate, its chain and its key")
    parser.add_argument(
        "--host", metavar="NAME", help="the name under which browsers reach the machine, for foretype.env"
    )
    parser.add_argument(
        "--control", default="/run/haproxy/admin.sock", help="HAProxy's own socket (default: %(default)s)"
    )
    parser.add_argument(
        "--user", default="haproxy", help="the user and group that HAProxy runs as (default: %(default)s)"
    )
    asked = parser.parse_args(arguments)
    if not 1 <= asked.servers <= MOST_SERVERS:
        parser.error(f"N must be 1 to {MOST_SERVERS}")
    try:
        bind = bind_of(asked.bind, asked.certificate)
    except ValueError as error:
        parser.error(str(error))
    if asked.host is not None and not HOST.fullmatch(asked.host):
        parser.error("--host takes a name without https:// and slashes, such as complete.example.org")
    for file in write(asked.folder, Wanted(asked.servers, bind, asked.control, asked.user, asked.host)):
        print(file)
    for sentence in warnings(asked.servers, len(cores_here()), asked.certificate, asked.host):
        print(f"Warning: {sentence}", file=sys.stderr)
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
