"""A process watched with strace: what it tries to reach, and the files that it makes or writes."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

_WATCHED = "connect,sendto,sendmsg,sendmmsg,/^(open|creat|mkdir|mknod|rename|link|symlink)"

# Netlink asks the kernel of this machine for its own addresses.
_REACHING = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(.*?sa_family=AF_(?!NETLINK)")
_WRITING = re.compile(
    r'\b(?:open\w*\(.*?"(.*?)", [^)]*O_CREAT|(?:creat|mk\w+|rename\w*|link\w*|symlink\w*)\(.*"(.*?)")'
)


@cache
def why_not() -> str | None:
    """The reason why strace cannot be used here; None if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed (tools/need strace installs it on Debian)"
    tried = subprocess.run(["strace", *_options(), "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"strace may not watch here: {tried.stderr.strip()}"


def watched(*command: str | Path, into: Path | None = None) -> list[str]:
    """The command that runs `command` under strace, which writes to `into`, or to the command's own stderr.

    The process that is started is the command itself (`-D`), and its pipes stay open until strace has
    written all. Each connection that it opens is refused, so that what a test looks for never leaves.
    """
    output = ["-o", str(into)] if into else []
    return ["strace", *_options(), *output, *map(str, command)]


def _options() -> list[str]:
    told = ["-e", f"trace={_WATCHED}", "-e", "inject=connect:error=ENETUNREACH"]
    return ["-D", "-f", "-q", "--seccomp-bpf", "-s", "64", *told]


def reached(trace: str) -> list[str]:
    """The lines in which something was to be reached: an address, or a service of this machine by a socket.

    A name that is looked up is among them: the resolver asks nscd, systemd-resolved or a name server.
    """
    return [line for line in trace.splitlines() if _REACHING.search(line)]


def written(trace: str) -> set[Path]:
    """The paths that were made, or were to be."""
    found = (match.group(1) or match.group(2) for match in _WRITING.finditer(trace))
    return {Path(path) for path in found}
