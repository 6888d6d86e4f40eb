"""`foretype words`: show, change and forget what the server has learnt from a person, also while it runs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from foretype.cli.common import FAILED, USAGE, fail, settings_or_exit
from foretype.cli.lazy import new_app
from foretype.cli.options import Given, takes
from foretype.words.errors import BadImportError, WordsFileError
from foretype.words.pieces import LONGEST_PHRASE, LONGEST_WORD
from foretype.words.store import MOST_ADDED, Word, WordStore, stored_form

SHOWN = 50
NOT_LISTED = (
    "A word is listed after it was typed in three texts. `foretype words export` prints everything that is "
    "kept, and `foretype words forget` deletes it."
)
SIGNED = re.compile(r"signed [0-9a-f]{16}", re.ASCII)
LONGEST_IMPORT_MB = 256
"""Longer than an export of 1,000,000 runs, the largest `FORETYPE_OWN_WORDS_MOST`: an export has no parts."""

words = new_app(
    name="words",
    no_args_is_help=True,
    help="Show, change and forget the words that the server has learnt from a person.",
)

PersonOption = Annotated[
    str | None,
    typer.Option(
        "--person",
        metavar="ID",
        help="The person: an id that `foretype pair --list` prints, `fixed` for the fixed token, or "
        "`signed ID` for a signed token. Not needed if only one person has words.",
        show_default=False,
    ),
]
Limit = Annotated[
    int, typer.Option("--limit", min=1, metavar="<integer>", help="The largest number of words to print.")
]
Texts = Annotated[list[str], typer.Argument(help="Words or phrases.")]


@words.command()
@takes("state_dir")
def show(given: Given, limit: Limit = SHOWN, person: PersonOption = None) -> None:
    """Print the words and phrases that were seen most, with their counts."""
    _print_matching(given, "", limit, person)


@words.command()
@takes("state_dir")
def search(
    given: Given,
    text: Annotated[str, typer.Argument(help="A part of the word. Upper and lower case are the same.")],
    limit: Limit = SHOWN,
    person: PersonOption = None,
) -> None:
    """Print the words and phrases that contain TEXT."""
    _print_matching(given, text, limit, person)


@words.command()
@takes("state_dir")
def add(given: Given, texts: Texts, person: PersonOption = None) -> None:
    """Add words or phrases by hand. They count as if they had been typed three times."""
    with _file(given) as store:
        whose = _person(store, given, person)
        before = {word.text for word in store.words(whose) if word.by_hand}
        store.add(whose, texts)
        after = {word.text for word in store.words(whose) if word.by_hand}
    typer.echo(f"{len(after - before)} added.")
    if refused := [text for text in texts if stored_form(text) not in after]:
        fail(
            f"{len(refused)} could not be added: a phrase has at most {LONGEST_PHRASE} words of "
            f"{2 * LONGEST_WORD} characters, and a person may add at most {MOST_ADDED} words and phrases.",
            FAILED,
        )


@words.command()
@takes("state_dir")
def remove(given: Given, texts: Texts, person: PersonOption = None) -> None:
    """Forget words or phrases, with all counts in which they occur."""
    with _file(given) as store:
        whose = _person(store, given, person)
        before = {word.text for word in store.words(whose)}
        was_there = store.remove(whose, texts)
        left = {word.text for word in store.words(whose)}
    typer.echo(f"{len(before - left)} removed.")
    if not was_there:
        fail("None of these words is in the list: `foretype words search` finds words.", FAILED)
    if left == before:
        typer.echo("These words were not in the list yet. Their counts are forgotten.")


@words.command()
@takes("state_dir")
def export(given: Given, person: PersonOption = None) -> None:
    """Print everything as JSON, for `foretype words import` or another browser.

    **Example**

    `foretype words export > words.json`
    """
    with _file(given) as store:
        whose = _person(store, given, person)
        _fail_without_words(store, whose)
        typer.echo(json.dumps(store.export(whose), ensure_ascii=False))


@words.command("import")
@takes("state_dir")
def import_(
    given: Given,
    file: Annotated[Path, typer.Argument(help="A file that was exported; - for standard input.")],
    person: PersonOption = None,
) -> None:
    """Add the words of an export. Their counts are added to the existing counts."""
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
            content = source.read(LONGEST_IMPORT_MB * 1_000_000 + 1)
        if len(content) > LONGEST_IMPORT_MB * 1_000_000:
            fail(
                f"{file} is longer than {LONGEST_IMPORT_MB} MB, so it is not an export: name a file that "
                "`foretype words export` has printed.",
                USAGE,
            )
        exported = json.loads(content.decode("utf-8"))
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.", USAGE)
    except (ValueError, RecursionError):
        fail(f"{file} is not JSON: name a file that `foretype words export` has printed.", USAGE)
    if not isinstance(exported, dict):
        fail(f"{file} is not an export of own words.", USAGE)
    with _file(given) as store:
        whose = _person(store, given, person)
        try:
            store.import_(whose, exported)
        except BadImportError as bad:
            fail(f"{file}: {bad}", USAGE)
        total = len(store.words(whose))
    typer.echo(f"Imported. There are {total} words and phrases now.")


@words.command()
@takes("state_dir")
def forget(
    given: Given,
    person: PersonOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Forget everything that was learnt from a person or added by hand."""
    with _file(given) as store:
        whose = _person(store, given, person)
        if whose not in store.persons():
            store.forget(whose)  # overwrites what an earlier `forget` could not
            _fail_without_words(store, whose)
        if not yes:
            typer.confirm(f"Forget all words of {whose}?", abort=True)
        store.forget(whose)
    typer.echo("All words are forgotten.")


@contextmanager
def _file(given: Given) -> Iterator[WordStore]:
    settings = settings_or_exit(given)
    try:
        yield WordStore(settings.state_dir, settings.own_words_most)
    except WordsFileError as bad:
        fail(str(bad))


def _person(store: WordStore, given: Given, asked: str | None) -> str:
    """The person who was named, or the only one that has words or is paired."""
    if asked is not None:
        return _known(store, given, asked)
    known = store.persons() or _paired(given)
    if len(known) == 1:
        return known[0]
    if known:
        why = f"Several persons have words: name one with --person. They are: {', '.join(known)}."
    else:
        why = "No person has words, and no client is paired: name a person with --person."
    return fail(why, USAGE)


def _fail_without_words(store: WordStore, person: str) -> None:
    if person not in (known := store.persons()):
        fail(f"{person} has no words. Persons with words: {', '.join(known) or 'none'}.", FAILED)


def _known(store: WordStore, given: Given, asked: str) -> str:
    """`asked`, if there may be such a person: a misspelt id would look like a person without words."""
    from foretype.server.credentials import FIXED

    have_words = store.persons()
    if asked in have_words or asked == FIXED or SIGNED.fullmatch(asked) or asked in _paired(given):
        return asked
    have = f"Persons with words: {', '.join(have_words)}." if have_words else "No person has words there."
    return fail(
        f"No person has the id {asked} in {store.path.parent}. {have} `foretype pair --list` prints the ids "
        "of paired clients. For the fixed token the person is `fixed`, for a signed token `signed ID`. "
        "--state-dir names another folder.",
        USAGE,
    )


def _paired(given: Given) -> list[str]:
    from foretype.server.pairing import Pairing
    from foretype.server.state_file import BadStateError

    try:
        return [client.id for client in Pairing(settings_or_exit(given).state_dir).clients()]
    except BadStateError as bad:
        fail(str(bad))


def _print_matching(given: Given, text: str, limit: int, person: str | None) -> None:
    with _file(given) as store:
        persons = store.persons()
        whose = None if person is None else _known(store, given, person)
        if not persons or (whose is not None and whose not in persons):
            typer.echo("No words were learnt.")
            return
        found = [
            word
            for word in store.words(whose or _person(store, given, None))
            if text.casefold() in word.text.casefold()
        ]
    for word in found[:limit]:
        typer.echo(_line(word))
    if not found:
        typer.echo("No word that is in the list contains this." if text else "No word is in the list yet.")
        typer.echo(NOT_LISTED)
    elif len(found) > limit:
        typer.echo(f"… and {len(found) - limit} more: --limit prints them.")


def _line(word: Word) -> str:
    return f"{word.seen:6}  {word.text}{'  (by hand)' if word.by_hand else ''}"
