"""`docs/asyncapi.yaml` as the tests use it: the document, its examples, and a check for each frame."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[2]
PROSE = ROOT / "docs" / "protocol.md"
DOCUMENT = ROOT / "docs" / "asyncapi.yaml"
PUBLIC_SCHEMA = Path(__file__).with_name("asyncapi") / "3.0.0.json"

CLIENT = ("hello", "proof", "keystroke", "accepted", "dismissed", "close")
SERVER = ("challenge", "welcome", "suggestion", "error")


@dataclass(frozen=True)
class Example:
    message: str
    name: str
    payload: dict[str, Any]


@cache
def document() -> dict[str, Any]:
    """The document as it is written, with its references."""
    read: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return read


def resolved(node: Any) -> Any:
    """A copy of a part of the document with each reference replaced by what it names.

    Raises `KeyError` for a reference that names nothing.
    """
    if isinstance(node, list):
        return [resolved(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" not in node:
        return {name: resolved(value) for name, value in node.items()}
    target: Any = document()
    for name in node["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return resolved(target)


@cache
def payload(message: str) -> dict[str, Any]:
    """The schema of a message's payload, as the document states it."""
    schema: dict[str, Any] = resolved(document()["components"]["messages"][message]["payload"])
    return schema


@cache
def _validator(message: str) -> Draft7Validator:
    return Draft7Validator(_closed(payload(message)) if message in SERVER else payload(message))


def _closed(schema: Any) -> Any:
    """The schema with every object closed: this server sends no member that the document does not name.

    The document itself leaves them open, because a newer server may send more.
    """
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    return {**closed, "additionalProperties": False} if closed.get("type") == "object" else closed


def errors(frame: Any, names: tuple[str, ...] = SERVER) -> list[str]:
    """The faults of a frame: the paths and the keywords of its schema that it breaks; empty if there are
    none.

    `names` are the messages that are allowed here; the frame's `type` says which one it claims to be.
    """
    kind = frame.get("type") if isinstance(frame, dict) else None
    if not isinstance(kind, str) or kind not in names:
        return [f"type: none of {', '.join(names)}"]
    return [
        f"{'.'.join(map(str, error.absolute_path)) or kind}: {error.validator}"
        for error in _validator(kind).iter_errors(frame)
    ]


def check(text: str) -> dict[str, Any]:
    """Read one frame of the server; fails if it is not as the document says."""
    frame: dict[str, Any] = json.loads(text)
    assert errors(frame) == [], text
    return frame


def examples(*messages: str) -> list[Example]:
    return [
        Example(message, example["name"], example["payload"])
        for message in messages
        for example in document()["components"]["messages"][message]["examples"]
    ]


def close_codes() -> dict[int, str]:
    """The document's close codes and their reasons."""
    return {entry["code"]: entry["reason"] for entry in document()["channels"]["socket"]["x-close-codes"]}
