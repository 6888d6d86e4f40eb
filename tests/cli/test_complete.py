"""`foretype complete` with the real model: what stands around the text counts; contradictions are refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import foretype
from foretype.prepare.ensure import ensure_prepared
from foretype.support.settings import Settings

BACKEND = str(Path(foretype.__file__).parents[1])


def complete(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "foretype", "complete", *arguments],
        env={**os.environ, "PYTHONPATH": BACKEND, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


def found(*arguments: str) -> tuple[str, float]:
    ensure_prepared(Settings(model="smollm2-135m"))
    answer = json.loads(complete(*arguments, "--json", "--model", "smollm2-135m").stdout)
    return answer["text"], answer["confidence"]


def test_the_subject_and_the_answered_mail_are_read() -> None:
    typed = "We moved the Rot"
    assert found(typed, "--kind", "email")[0] == "ary"
    assert found(typed, "--subject", "Budget for Rotterdam")[0] == "terdam"
    answered = "Dear Tom, is the budget for Rotterdam ready?\n\nKind regards\nAnn"
    assert found(typed, "--answered", answered)[0] == "terdam"


def test_the_label_of_a_field_is_read() -> None:
    plain, labelled = found("New Ze"), found("New Ze", "--label", "Country")
    assert labelled[0] == plain[0] == "aland"
    assert labelled[1] > plain[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--subject", "a", "--label", "b"), "leave out --label, or --subject and --answered"),
        (("--kind", "search", "--label", "b"), "The kind of field with --label is text: leave out --kind"),
        (("--kind", "text", "--answered", "b"), "is email: leave out --kind"),
    ],
)
def test_what_a_field_cannot_have_is_refused(arguments: tuple[str, ...], said: str) -> None:
    result = complete("Hi", *arguments)
    assert result.returncode == 2
    assert said in result.stderr
