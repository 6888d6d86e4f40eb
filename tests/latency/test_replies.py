"""Replies from pages that hypermail wrote."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from latency.replay.texts import NoFileOfTextError, read_mails
from latency.replies import NoRepliesError, Reply, read_message, read_replies

ASKED = "Is the meeting on Friday or on Monday? I have to book the room, and nobody could tell me so far."
ANSWER = "The meeting is on Monday, because half of us are in Lisbon on Friday.\nPlease book the large room. "


def page(author: str, lines: list[str], answers: int | None = None) -> str:
    written = "\n<br />\n".join(
        f'<em class="quotelev1">{html.escape(line)}\n</em>' if line.startswith(">") else html.escape(line)
        for line in lines
    )
    reply = (
        f'<li><dfn>In reply to</dfn>: <a href="./{answers:04}.html">a mail</a></li>'
        if answers is not None
        else ""
    )
    return f"""<meta name="Author" content="{author}" />
<meta name="Subject" content="[people] Re: Friday &amp; Monday" />
<!-- body="start" -->
<div class="mail"><address class="headers">From: {author}</address>
<br />
{written}
<br />
<span id="received">Received on Friday</span></div>
{reply}"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    pages = {
        1: page("Ann", [ASKED, "", "-- ", "Ann, room 7"]),
        2: page(
            "Bob", [*ANSWER.splitlines(), "More. " * 20, "On Friday 7 Ann wrote:", f"> {ASKED}", "Bob"], 1
        ),
        3: page("Bob", [ANSWER * 2], 2),
        4: page("Eve", ["Too short."], 1),
        5: page("Eve", [f"> {ASKED}", ANSWER * 2], 1),
        10: page("Bob", [ANSWER * 2], 1),
    }
    for number, text in pages.items():
        (tmp_path / f"{number:04}.html").write_text(text, "utf-8")
    (tmp_path / "index.html").write_text("no mail", "utf-8")
    return tmp_path


def test_a_reply_has_no_quote_and_no_signature_and_its_long_lines_are_joined(archive: Path) -> None:
    (reply,) = read_replies(archive, first=0, mails=9, by_author=1)
    text = ANSWER.replace("\n", " ").strip() + "\n" + ("More. " * 20).strip()
    assert reply == Reply(text, "Friday & Monday", ASKED)


def test_replies_to_oneself_and_short_ones_are_left_out_and_the_first_ones_are_taken(archive: Path) -> None:
    assert len(list(read_replies(archive, first=0, mails=9, by_author=9))) == 2
    assert len(list(read_replies(archive, first=0, mails=1, by_author=9))) == 1
    (last,) = read_replies(archive, first=3, mails=9, by_author=9)
    assert last.text.startswith("The meeting is on Monday")


def test_a_folder_without_replies_is_named(tmp_path: Path) -> None:
    assert read_message("no mail") is None
    with pytest.raises(NoRepliesError, match=tmp_path.name):
        list(read_replies(tmp_path, first=0, mails=9, by_author=9))


def test_a_text_without_its_file_is_named(tmp_path: Path) -> None:
    for name in ("email", "answered"):
        (tmp_path / name).mkdir()
    (tmp_path / "email" / "a.txt").write_text("word " * 99)
    with pytest.raises(NoFileOfTextError, match=r"answered has no a\.txt"):
        read_mails(tmp_path / "email", None, tmp_path / "answered")
    (tmp_path / "answered" / "a.txt").write_text(ASKED)
    (mail,) = read_mails(tmp_path / "email", None, tmp_path / "answered")
    assert (mail.subject, mail.answered) == (None, ASKED)
