"""Every relative link and picture in the project's Markdown leads to a file, each anchor to a heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("*.md", "docs/**/*.md", "extension/*.md", "findings/**/*.md", "latency/*.md")
LINK = re.compile(r"""(?:\]\(|\bsrc="|\bsrcset=")([^)"\s]+)""")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
OTHER_PLACE = re.compile(r"^[a-z]+:")  # https:, mailto:


def pages() -> list[Path]:
    return sorted(page for pattern in SOURCES for page in ROOT.glob(pattern))


def links(text: str) -> Iterator[str]:
    for line in FENCED.sub("", text).splitlines():
        yield from (target for target in LINK.findall(line) if not OTHER_PLACE.match(target))


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def is_there(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page
    return found.exists() and (not anchor or anchor in anchors(found.read_text("utf-8")))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(page: Path) -> None:
    assert [target for target in links(page.read_text("utf-8")) if not is_there(page, target)] == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '# A heading\n[there](page.md#a-heading) [gone](gone.md) [nowhere](#no-heading) <img src="no.png">\n'
    )
    broken = [target for target in links(page.read_text("utf-8")) if not is_there(page, target)]
    assert broken == ["gone.md", "#no-heading", "no.png"]
