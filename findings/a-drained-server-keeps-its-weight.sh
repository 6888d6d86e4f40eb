#!/usr/bin/env bash
# HAProxy: a server that is drained still hears of its usual weight in the health checks.
set -euo pipefail

haproxy=${HAPROXY:-haproxy}
command -v "$haproxy" >/dev/null || PATH=$PATH:/usr/sbin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "version    $("$haproxy" -v | head -n 1 | cut -d ' ' -f 1-3)"

HAPROXY=$haproxy FOLDER=$folder "${PYTHON:-python3}" - <<'PYTHON'
import os
import queue
import re
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

print("guess      a server in the state `drain`, which gets no new connections, is told a weight of 0 by")
print("           `http-check send-state`, as with the command `weight 0`")
print("behaviour  it is told its usual weight, without the total of which it is no longer a part: 1/1. After")
print("           `weight 0`, it is told 0/1")

folder = Path(os.environ["FOLDER"])
told: queue.Queue[str] = queue.Queue()
"""The header of each health check of the first server."""


class Checked(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.server is servers[0]:
            told.put(self.headers.get("X-Haproxy-Server-State", ""))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


servers = [ThreadingHTTPServer(("127.0.0.1", 0), Checked) for _ in range(2)]
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
first, second = (server.server_port for server in servers)
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
(folder / "haproxy.cfg").write_text(f"""
global
    stats socket {folder}/admin mode 600 level admin
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen all
    bind 127.0.0.1:{port}
    option httpchk GET /
    http-check send-state
    server one 127.0.0.1:{first} check inter 100
    server two 127.0.0.1:{second} check inter 100
""")


def order(command: str) -> None:
    with socket.socket(socket.AF_UNIX) as admin:
        admin.connect(f"{folder}/admin")
        admin.sendall(f"{command}\n".encode())
        admin.recv(4096)


def weight() -> str:
    """What the first server is told by the third check from now on: the next one may be under way."""
    while not told.empty():
        told.get()
    *_, header = (told.get(timeout=10) for _ in range(3))
    found = re.search(r"weight=(\d+/\d+)", header)
    return found[1] if found else "nothing"


running = subprocess.Popen([os.environ["HAPROXY"], "-q", "-db", "-f", folder / "haproxy.cfg"])
try:
    for _ in range(10):  # until both servers count as up
        told.get(timeout=10)
    usual = weight()
    order("set server all/one state drain")
    drained = weight()
    order("set server all/one state ready")
    order("set server all/one weight 0")
    unweighted = weight()
finally:
    running.terminate()
    running.wait()
print(f"output     ready {usual}, state drain {drained}, weight 0 {unweighted}")
assert (usual, drained, unweighted) == ("1/2", "1/1", "0/1"), "the weights differ from those described"
PYTHON
