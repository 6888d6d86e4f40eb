"""Weights from the model hub: a server on this machine that answers as the hub does."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from foretype.models.recipe import HubSource, Recipe

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "somebody/tiny"


class Hub:
    """Serves one folder as one commit of one repository, and remembers which files it gave."""

    def __init__(self, folder: Path) -> None:
        self.given: list[str] = []
        self.folder = folder
        self.commit = COMMIT
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        return

    def _answer(self, *, body: bool) -> None:
        files = {file.name: file for file in self.hub.folder.iterdir()}
        name = self.path.rpartition("/")[2]
        if self.path == f"/api/models/{REPOSITORY}/revision/{self.hub.commit}":
            listed = [{"rfilename": name} for name in files]
            content = json.dumps({"id": REPOSITORY, "sha": COMMIT, "siblings": listed}).encode()
        elif self.path == f"/{REPOSITORY}/resolve/{self.hub.commit}/{name}" and name in files:
            content = files[name].read_bytes()
            if body:
                self.hub.given.append(name)
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def hub(made_folder: Path) -> Iterator[Hub]:
    server = Hub(made_folder)
    yield server
    server.close()


FETCH = """
import sys
from pathlib import Path
from foretype.models.errors import ModelError
from foretype.prepare.fetch import fetch, weights_at_hand
from foretype.support.progress import SILENT
from foretype.models.recipe import Recipe
from foretype.models.store import Store

recipe = Recipe.model_validate_json(sys.argv[1])
try:
    print(weights_at_hand(recipe))
    weights = fetch(recipe, Store(Path(sys.argv[2]), recipe.name), None, SILENT)
    print(weights.source.kind, *sorted(file.name for file in weights.folder.iterdir()))
except ModelError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def fetched(hub: Hub, tmp_path: Path, sha256: str) -> subprocess.CompletedProcess[str]:
    """`fetch` in a process of its own: where the hub is, its library reads once, from the environment."""
    weights = hub.folder / "model.safetensors"
    recipe = Recipe(
        name="tiny",
        description="Tiny",
        licence="MIT",
        family="gpt2",
        parameters=1,
        context_length=192,
        begin=("<|endoftext|>",),
        weights=("float32",),
        source=HubSource(
            kind="hub",
            repository=REPOSITORY,
            revision=COMMIT,
            file=weights.name,
            bytes=weights.stat().st_size,
            sha256=sha256,
        ),
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    surroundings = {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path / "hub"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    return subprocess.run(
        [sys.executable, "-c", FETCH, recipe.model_dump_json(), str(tmp_path / "build")],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_needed_is_downloaded_once_and_comes_from_the_cache_then(
    hub: Hub, made_folder: Path, tmp_path: Path
) -> None:
    right = hashlib.sha256((made_folder / "model.safetensors").read_bytes()).hexdigest()
    first = fetched(hub, tmp_path, right)
    assert first.returncode == 0, first.stderr
    downloaded = first.stdout.splitlines()
    assert downloaded[0] == "False"
    assert downloaded[1].split()[0] == "hub"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(downloaded[1].split())
    assert sorted(hub.given) == sorted(set(hub.given))

    hub.close()
    second = fetched(hub, tmp_path, right)
    assert second.stdout.splitlines() == ["True", downloaded[1].replace("hub", "cache", 1)]


def test_other_weights_than_the_recipe_names_are_refused(hub: Hub, tmp_path: Path) -> None:
    done = fetched(hub, tmp_path, "0" * 64)
    assert done.returncode == 1
    assert done.stderr.startswith("WrongChecksumError: ")
    assert "The file was not used." in done.stderr


def test_a_hub_that_has_no_such_commit_is_said_with_what_to_do(hub: Hub, tmp_path: Path) -> None:
    hub.commit = "f" * 40
    done = fetched(hub, tmp_path, "0" * 64)
    assert done.returncode == 1
    assert done.stderr.startswith("SourceUnavailableError: The weights of tiny are not available: ")
    assert "foretype prepare tiny --from FOLDER" in done.stderr
