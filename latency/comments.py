"""Makes folders of comments for `latency.replay` from the repository of a blog that keeps them in files
(Jekyll's `_data/comments`): the text of each comment, and the title of the post below which it was written.

`python -m latency.comments BLOG FOLDER --skip 200`

The comments are for measuring only: they never become a part of the project.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.replay.texts import SHORTEST, typable

_SEED = 20
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}-")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---", re.DOTALL)
_NOT_TYPED = re.compile(r"<(?:pre|code|a|img|blockquote)\b|https?:|```|^ *>|\[[^]]*\]\(", re.MULTILINE)
"""Code, quotes and addresses are pasted, or no prose."""
_BREAK = re.compile(r"</p>\s*<p>|<br */?>")

app = new_app()


@dataclass(frozen=True, slots=True)
class Comment:
    author: str
    text: str
    title: str


class NoCommentsError(MeasurementError):
    """The folder holds no blog of this form, or none of its comments can be typed."""

    def __init__(self, blog: Path) -> None:
        super().__init__(
            f"There are no comments of more than {SHORTEST} ASCII characters in {blog}. The folder must hold "
            "posts in a folder _posts, and the comments in _data/comments/NAME-OF-POST/*.yml."
        )
        self.blog = blog


def read_comments(blog: Path, *, skip: int, count: int, by_author: int) -> Iterator[Comment]:
    """The first suitable comment of each post, in a random order of the posts that is always the same. The
    first `skip` of the posts are left out. At most `by_author` of one author.

    Raises `NoCommentsError`.
    """
    titles = _titles(blog)
    folders = [one for one in sorted(blog.rglob("_data/comments/*")) if one.name in titles]
    Random(_SEED).shuffle(folders)
    written: Counter[str] = Counter()
    for folder in folders[skip:]:
        if written.total() == count:
            break
        for file in sorted(folder.glob("*.yml")):
            comment = _comment(file, titles[folder.name])
            if comment is not None and written[comment.author] < by_author:
                written[comment.author] += 1
                yield comment
                break
    if not written:
        raise NoCommentsError(blog)


def _titles(blog: Path) -> dict[str, str]:
    """The ASCII titles of the posts, by the names of the folders with their comments."""
    titles = {}
    for file in blog.rglob("_posts/**/*.m*d*"):
        front_matter = _FRONT_MATTER.match(file.read_text("utf-8", errors="replace"))
        title = _members(front_matter[1]).get("title") if front_matter else None
        if isinstance(title, str) and title.isascii():
            titles[_DATE.sub("", file.stem).replace(".", "-")] = html.unescape(title).strip()
    return titles


def _comment(file: Path, title: str) -> Comment | None:
    """None if it has no text that a person can have typed letter by letter."""
    members = _members(file.read_text("utf-8", errors="replace"))
    author, message = members.get("name"), members.get("message")
    if not isinstance(author, str) or not isinstance(message, str) or _NOT_TYPED.search(message):
        return None
    text = typable(html.unescape(re.sub(r"<[^>]+>", "", _BREAK.sub("\n", message))))
    return Comment(author, text, title) if text.isascii() and len(text) > SHORTEST else None


def _members(text: str) -> dict[str, Any]:
    """Empty if `text` is not YAML, or no object."""
    try:
        members = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return members if isinstance(members, dict) else {}


@app.command()
def main(
    blog: Annotated[Path, typer.Argument(help="A checkout of the blog's repository.")],
    folder: Annotated[Path, typer.Argument(help="The folder for the folders texts and titles.")],
    skip: Annotated[int, typer.Option(min=0, help="How many posts are left out at the beginning.")] = 0,
    count: Annotated[int, typer.Option(min=1, help="How many comments.")] = 40,
    by_author: Annotated[int, typer.Option(min=1, help="Comments of one author, at most.")] = 2,
) -> None:
    """Write the comments of a blog and the titles of their posts as `latency.replay` reads them."""
    console = Console()
    with errors_as_sentences(console, "comments"):
        comments = list(read_comments(blog, skip=skip, count=count, by_author=by_author))
        for name in ("texts", "titles"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number, comment in enumerate(comments):
            file = f"{number:03}.txt"
            (folder / "texts" / file).write_text(comment.text, "utf-8")
            (folder / "titles" / file).write_text(comment.title, "utf-8")
    console.print(f"{len(comments)} comments written to {folder}", soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="python -m latency.comments")
