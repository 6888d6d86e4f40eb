"""The bytes of a download that have arrived, counted from the size of the folder that it is written to."""

from __future__ import annotations

from pathlib import Path

WATCH_SECONDS = 0.2  # between two looks at the folder


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder to which another process or thread is writing; 0 if there is none."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:  # renamed or removed since it was listed
            continue
    return total
