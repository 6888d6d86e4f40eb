"""The statements of the README and of the first documents are true: commands exist, settings match, the
example runs.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from foretype.support.settings import DEFAULT_PORT, table
from tests.latency.scripted import TOKEN, ScriptedServer, suggestion

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text("utf-8")
API = (ROOT / "docs" / "protocol.md").read_text("utf-8")
DEFAULT_ADDRESS = f"http://127.0.0.1:{DEFAULT_PORT}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z]+)`", README))))
def test_what_it_tells_to_make_can_be_made(target: str) -> None:
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_its_settings_are_those_of_the_program() -> None:
    said = re.search(r"<!-- settings: .*? -->\n(.*?)\n<!-- /settings -->", SETTINGS, re.DOTALL)
    assert said
    assert said.group(1) == table(), (
        "put what `foretype settings` prints between the marks in docs/settings.md"
    )


def test_the_extension_looks_for_the_server_at_the_default_port_of_the_server() -> None:
    source = (ROOT / "extension" / "src" / "protocol" / "address.ts").read_text("utf-8")
    assert re.findall(r'DEFAULT_ADDRESS = "(.*?)"', source) == [DEFAULT_ADDRESS]


def test_the_documents_name_the_default_port_and_not_an_earlier_one() -> None:
    documents = [README, SETTINGS, API, (ROOT / "docs" / "asyncapi.yaml").read_text("utf-8")]
    assert [text for text in documents if "8765" in text] == []
    assert f"`{DEFAULT_PORT}`" in SETTINGS
    assert DEFAULT_ADDRESS in API


async def test_its_example_completes_a_word(scripted: ScriptedServer) -> None:
    scripted.answers = lambda frame: [
        suggestion(frame, "st", final=False),
        suggestion(frame, "stions"),
    ]
    (example,) = re.findall(r"```python\n(.*?)```", API, re.DOTALL)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", example.replace(DEFAULT_ADDRESS, scripted.address)),
        env=os.environ | {"FORETYPE_TOKEN": TOKEN},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert printed.decode().strip() == "Please let me know if you have any questions"
