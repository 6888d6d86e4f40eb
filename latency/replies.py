"""Makes folders of replies for `latency.replay` from the archive of a mailing list that hypermail wrote: the
text of each reply without what it quotes, its subject, and the text of the mail that it answers.

`python -m latency.replies ARCHIVE FOLDER --first 5000`

The mails are for measuring only: they never become a part of the project.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.replay.texts import SHORTEST, typable

WRAPPED = 50
"""Characters of a line after which a mail program may have broken it: the next line belongs to it."""

_BODY = re.compile(r'<!-- body="start" -->.*?</address>(.*?)<span id="received">', re.DOTALL)
_META = r'<meta name="{}" content="(.*?)" />'
_ANSWERED = re.compile(r'<dfn>In reply to</dfn>: <a href="\./(\d+)\.html"')
_QUOTED = re.compile(r'<em class="quotelev|^\s*(?:&gt;|\|)')
_QUOTES = re.compile(r"^On .*\d|\bwrote:$")
"""What mail programs write before a quote."""
_ENDS = re.compile(r"^-- ?$|^_{5,}|^-{3,}|^(?:From|Sent|To|Date): |<pre>")
"""The signature begins, or a mail that is quoted whole."""

app = new_app()


@dataclass(frozen=True, slots=True)
class Message:
    """first: what its author wrote before the first quoted line. own: with what is between and after quotes.
    answered: the number of the mail that it answers.
    """

    author: str
    subject: str
    first: str
    own: str
    answered: int | None


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    subject: str
    answered: str


class NoRepliesError(MeasurementError):
    """The folder holds no archive of this form, or none of its replies can be typed."""

    def __init__(self, archive: Path) -> None:
        super().__init__(
            f"There are no replies of more than {SHORTEST} ASCII characters in {archive}/NNNN.html. The "
            "folder must hold an archive that hypermail wrote."
        )
        self.archive = archive


def read_message(page: str) -> Message | None:
    """None if the page is not a mail."""
    body = _BODY.search(page)
    author, subject = (re.search(_META.format(name), page) for name in ("Author", "Subject"))
    if body is None or author is None or subject is None:
        return None
    answered = _ANSWERED.search(page)
    return Message(
        html.unescape(author[1]),
        re.sub(r"^(?:\[[^]]*\]|re:|fwd?:|\s)+", "", html.unescape(subject[1]), flags=re.IGNORECASE),
        *_own_texts(body[1]),
        int(answered[1]) if answered else None,
    )


def _own_texts(body: str) -> tuple[str, str]:
    first: str | None = None
    own: list[str] = []
    for line in re.sub(r"<br />", "\n", body.replace("\n", "")).split("\n"):
        plain = _plain(line)
        if _QUOTED.search(line) or _QUOTES.search(plain):
            first = _paragraphs(own) if first is None else first
        elif _ENDS.search(plain):
            break
        else:
            own.append(plain)
    whole = _paragraphs(own)
    return whole if first is None else first, whole


def _plain(line: str) -> str:
    return html.unescape(re.sub(r"<(?!/?pre)[^>]*>", "", line)).strip()


def _paragraphs(lines: list[str]) -> str:
    """The lines with the breaks taken out that the mail program put in."""
    text, before = "", ""
    for line in lines:
        text += (" " if len(before) > WRAPPED and line else "\n") + line
        before = line
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def read_replies(archive: Path, *, first: int, mails: int, by_author: int) -> Iterator[Reply]:
    """The first `mails` replies from the number `first` on that can be typed, at most `by_author` of one
    author.

    Raises `NoRepliesError`.
    """
    written: Counter[str] = Counter()
    for file in sorted(archive.glob("[0-9]*.html"), key=lambda file: int(file.stem)):
        if int(file.stem) < first or written.total() == mails:
            continue
        message = _read(file)
        if message is None or message.answered is None or written[message.author] == by_author:
            continue
        answered = _read(archive / f"{message.answered:04}.html")
        if answered is None or answered.author == message.author or not answered.own:
            continue
        text = typable(message.first)
        if text.isascii() and len(text) > SHORTEST:
            written[message.author] += 1
            yield Reply(text, message.subject, answered.own)
    if not written:
        raise NoRepliesError(archive)


def _read(file: Path) -> Message | None:
    return read_message(file.read_text("utf-8", errors="replace")) if file.is_file() else None


@app.command()
def main(
    archive: Annotated[Path, typer.Argument(help="The folder with the pages of the archive.")],
    folder: Annotated[Path, typer.Argument(help="The folder for the folders email, subjects and answered.")],
    first: Annotated[int, typer.Option(help="The number of the first mail.")] = 0,
    mails: Annotated[int, typer.Option(help="How many replies.")] = 80,
    by_author: Annotated[int, typer.Option(help="Replies of one author, at most.")] = 4,
) -> None:
    """Write the replies of an archive as `latency.replay` reads them."""
    console = Console()
    with errors_as_sentences(console, "replies"):
        replies = list(read_replies(archive, first=first, mails=mails, by_author=by_author))
        for name in ("email", "subjects", "answered"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number, reply in enumerate(replies):
            file = f"{number:03}.txt"
            (folder / "email" / file).write_text(reply.text, "utf-8")
            (folder / "subjects" / file).write_text(reply.subject, "utf-8")
            (folder / "answered" / file).write_text(reply.answered, "utf-8")
    console.print(f"{len(replies)} replies written to {folder}", soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="python -m latency.replies")
