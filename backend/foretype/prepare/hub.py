"""The model hub: whether it is reachable, what its cache on this machine holds, and downloads into that
cache.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foretype.models.recipe import HubSource
from foretype.prepare.arriving import WATCH_SECONDS, folder_bytes

REACH_SECONDS = 2.5  # 3 s with the imports and a look into the cache
FILES = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
]  # the files to download beside the weights; a repository holds many others


class HubUnreachableError(Exception):
    """The hub did not answer, or did not give the files. `str()` says which."""


def reachable(source: HubSource, seconds: float = REACH_SECONDS) -> bool:
    """Whether the hub has the repository's files. Takes at most `seconds`, whatever the network does.

    A thread sends the request, and is left running after that time, because resolving a name cannot be
    cancelled.
    """
    answer: list[bool] = []
    asking = threading.Thread(target=lambda: answer.append(_ask(source, seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return bool(answer) and answer[0]


def _ask(source: HubSource, seconds: float) -> bool:
    from huggingface_hub import constants, get_session, hf_hub_url

    if constants.HF_HUB_OFFLINE:
        return False
    url = hf_hub_url(source.repository, "config.json", revision=source.revision)
    try:  # not by the library's own functions, which retry for half a minute
        answer = get_session().head(url, timeout=seconds, allow_redirects=True)
    except Exception:  # any failure of the network, a proxy or the hub means the same
        return False
    return bool(answer.ok)


def cached_snapshot(source: HubSource) -> Path | None:
    """The folder in the hub's cache on this machine, or None if it lacks the weights. Uses no network."""
    if not _cache_folder(source).is_dir():
        return None  # before the import below, which takes a quarter of a second of a server's start
    from huggingface_hub import try_to_load_from_cache

    found = [
        try_to_load_from_cache(source.repository, name, revision=source.revision)
        for name in ("config.json", source.file)
    ]
    if not all(isinstance(path, str) for path in found):
        return None
    return Path(str(found[0])).parent


def download_snapshot(source: HubSource, arrived: Callable[[int], None]) -> Path:
    """Download into the hub's own cache, where an interrupted download continues later. `arrived` gets the
    bytes that have arrived.

    Raises HubUnreachableError.
    """
    if not reachable(source):
        raise HubUnreachableError("the model hub is unreachable")
    result: list[Any] = []
    before = _arriving_bytes(source)
    loading = threading.Thread(target=lambda: result.append(_download(source)), daemon=True)
    loading.start()
    while loading.is_alive():
        loading.join(WATCH_SECONDS)
        arrived(max(0, _arriving_bytes(source) - before))
    if isinstance(result[0], Exception):
        raise HubUnreachableError(f"the model hub did not send them ({result[0]})") from result[0]
    return Path(result[0])


def _download(source: HubSource) -> str | Exception:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        return str(
            snapshot_download(
                source.repository, revision=source.revision, allow_patterns=[*FILES, source.file]
            )
        )
    except Exception as error:
        return error


def _cache_folder(source: HubSource) -> Path:
    """The repository's folder in the hub's cache. The library's own function for it takes a quarter of a
    second to import.
    """
    from huggingface_hub import constants

    name = constants.REPO_ID_SEPARATOR.join(["models", *source.repository.split("/")])
    return Path(constants.HF_HUB_CACHE) / name


def _arriving_bytes(source: HubSource) -> int:
    """Bytes of the repository in the hub's cache, complete or not."""
    return folder_bytes(_cache_folder(source) / "blobs")
