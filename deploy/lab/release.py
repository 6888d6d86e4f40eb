"""The chart as a release: helm installs it, upgrades it and uninstalls it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.lab.errors import LabError
from deploy.lab.programs import CHART

NAMESPACE = "words"
NAME = "foretype"
TIMEOUT_S = 300.0


class Release:
    """Each method ends when helm has ended, which does not wait for pods. Raises `LabError` if helm fails."""

    def __init__(self, helm: Path, kubeconfig: Path, folder: Path, values: Mapping[str, Any]) -> None:
        """folder: for helm's own files and for the values, which are JSON: that is YAML."""
        self._helm = helm
        self._file = folder / "values.json"
        self._values = dict(values)
        self._write()
        homes = {f"HELM_{kind}_HOME": str(folder / "helm" / kind) for kind in ("CACHE", "CONFIG", "DATA")}
        self._environment = {**os.environ, **homes, "KUBECONFIG": str(kubeconfig)}

    async def install(self) -> None:
        await self._run("install", NAME, str(CHART), "--create-namespace", "--values", str(self._file))

    async def upgrade(self, **changed: Any) -> None:
        """changed: values of the top level, which later upgrades keep."""
        self._values |= changed
        self._write()
        await self._run("upgrade", NAME, str(CHART), "--values", str(self._file))

    async def uninstall(self) -> None:
        await self._run("uninstall", NAME)

    def _write(self) -> None:
        self._file.write_text(json.dumps(self._values), "utf-8")

    async def _run(self, *words: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *(str(self._helm), *words, "--namespace", NAMESPACE),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode != 0:
            raise LabError(f"helm {words[0]} failed: {said.decode(errors='replace').strip()}")
