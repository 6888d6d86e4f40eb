"""The folder of a run: the student's transformers folder, with the files of the run in `run/` inside it.

```
config.json, model.safetensors, tokenizer…   the student, written when the run has finished, its weights last
training.jsonl, loss.svg                     the losses and evaluations
run/plan.json                                the plan of the run; written once
run/tokens/                                  the texts as tokens; removed when the run has finished
run/checkpoint.pt                            the last checkpoint; removed when the run has finished
```

Every file is written under another name first and then renamed, so a file that exists is complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from foretype.distil.errors import CheckpointError, DistilDiskFullError, DistilError, OutFolderError
from foretype.distil.plan import TrainingPlan, read_plan
from foretype.distil.student import WEIGHTS
from foretype.models.store import is_disk_full, sync, sync_tree

FULL_BELOW = 1_000_000  # free bytes: if a disk is full, PyTorch says only that writing failed


class RunFolder:
    """Every method needs the lock that `locked` takes."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.journal = out / "training.jsonl"
        self.curve = out / "loss.svg"
        self.tokens = out / "run" / "tokens"
        self._run = out / "run"
        self._plan = self._run / "plan.json"
        self._checkpoint = self._run / "checkpoint.pt"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder if it is missing, and lock it against other processes. Raises OutFolderError."""
        if self.out.exists() and not self.out.is_dir():
            raise OutFolderError(f"{self.out} is a file. Name a folder in --out.")
        if self.out.is_dir() and any(self.out.iterdir()) and not self._run.is_dir():
            raise OutFolderError(
                f"{self.out} is not empty and holds no run of `foretype distil`. Name another folder in "
                "--out."
            )
        try:
            self._run.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._run / "lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise OutFolderError(
                f"Another process is distilling into {self.out}. Wait until it has finished, or name another "
                "folder in --out."
            ) from None
        except OSError as error:
            raise OutFolderError(
                f"{self.out} cannot be written to ({error.strerror}). Name another folder in --out."
            ) from error
        try:
            yield
        finally:
            lock.release()
            if not self._plan.exists():
                self._restore_empty()

    def _restore_empty(self) -> None:
        """Leave the folder as it was before a run that failed to start: empty, or missing."""
        shutil.rmtree(self._run, ignore_errors=True)
        with suppress(OSError):
            self.out.rmdir()

    # -- reading --------------------------------------------------------

    def plan(self) -> TrainingPlan | None:
        """The plan of the run in this folder. None if there is no run, or if it was stopped before it had a
        plan.
        """
        return read_plan(self._plan) if self._plan.exists() else None

    @property
    def finished(self) -> bool:
        return (self.out / WEIGHTS).is_file()

    @property
    def started(self) -> bool:
        """Whether the run has results to continue from."""
        return self.finished or self._checkpoint.exists() or self.journal.exists()

    def checkpoint(self) -> dict[str, Any] | None:
        """The state that `save_checkpoint` wrote last. None if there is none. Raises CheckpointError."""
        import torch

        if not self._checkpoint.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        except Exception as error:  # errors of zip, pickle or PyTorch: each means that the file is damaged
            raise CheckpointError(self._checkpoint, type(error).__name__) from error
        return state

    # -- writing --------------------------------------------------------

    def replace_tokens(self, fill: Callable[[Path], object]) -> None:
        """Put a new folder of tokens in place, once `fill` has written the token files into it."""
        part = self._run / "tokens.part"
        for old in (part, self.tokens):
            shutil.rmtree(old, ignore_errors=True)
        part.mkdir()
        fill(part)
        sync_tree(part)
        part.rename(self.tokens)

    def save_plan(self, plan: TrainingPlan) -> None:
        content = plan.model_dump_json(indent=2) + "\n"
        self.replace_file(self._plan, lambda part: part.write_text(content, "utf-8"))

    def save_checkpoint(self, state: dict[str, Any]) -> None:
        import torch

        self.replace_file(self._checkpoint, lambda part: torch.save(state, part))

    def replace_file(self, file: Path, write: Callable[[Path], object]) -> None:
        """Put a new file in place, once `write` has written it and it is on the disk."""
        part = file.with_name(file.name + ".part")
        try:
            write(part)
            sync(part)
        except BaseException:
            part.unlink(missing_ok=True)  # if the disk is full, its space is needed
            raise
        os.replace(part, file)
        sync(file.parent)

    def finish(self, write: Callable[[Path], object]) -> None:
        """Put the student in place, once `write` has written it, and remove what only the run needed."""
        part = self._run / "student.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        write(part)
        sync_tree(part)
        for file in sorted(part.iterdir(), key=lambda file: file.name == WEIGHTS):
            os.replace(file, self.out / file.name)
        sync(self.out)
        self.remove_run_files()

    def remove_run_files(self) -> None:
        """Remove the files that a finished run no longer needs."""
        self._checkpoint.unlink(missing_ok=True)
        for folder in (self.tokens, self._run / "student.part"):
            shutil.rmtree(folder, ignore_errors=True)

    # -- the disk --------------------------------------------------------

    def require_space(self, needed: int) -> None:
        """Raises DistilDiskFullError if fewer than `needed` bytes are free."""
        free = shutil.disk_usage(self.out).free
        if free < needed:
            raise DistilDiskFullError(self.out, needed, free)

    @contextmanager
    def disk_full_errors(self) -> Iterator[None]:
        """Raise DistilDiskFullError in place of any library's error that a full disk has caused."""
        try:
            yield
        except DistilError:
            raise
        except Exception as error:
            if is_disk_full(error, self.out, FULL_BELOW):
                raise DistilDiskFullError(self.out) from error
            raise
