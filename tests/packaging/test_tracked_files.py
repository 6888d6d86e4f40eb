"""The files in the repository are whole."""

from __future__ import annotations

import subprocess

from tests.packaging.test_links import ROOT


def test_no_file_has_marks_of_an_unfinished_merge() -> None:
    marks = ["^<{7} ", "^>{7} "]
    options = [word for mark in marks for word in ("-e", mark)]
    found = subprocess.run(["git", "grep", "-nE", *options], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode in (0, 1), found.stderr
    assert found.stdout == ""
