"""The folder of a run: the student's transformers folder, with what the run needs in `run/` inside it.

```
config.json, model.safetensors, tokenizer…   the student, put there when the run is finished, the weights last
training.jsonl, loss.svg                     what happened
run/plan.json                                what this run is; written once
run/tokens/                                  the texts as tokens; there while it is not finished
run/checkpoint.pt                            the last checkpoint; likewise
```

Everything is written beside its place and renamed into it, so what is there is whole.
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
from foretype.distil.models import WEIGHTS
from foretype.distil.plan import Plan, read_plan
from foretype.models.store import is_disk_full, sync, sync_tree

FULL_BELOW = 1_000_000  # bytes free: PyTorch does not say that a disk is full, only that a write failed


class RunFolder:
    """Only the holder of `held` may call anything."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.journal = out / "training.jsonl"
        self.curve = out / "loss.svg"
        self.tokens = out / "run" / "tokens"
        self._run = out / "run"
        self._plan = self._run / "plan.json"
        self._checkpoint = self._run / "checkpoint.pt"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder where there is none, and keep other processes out of it. Raises OutFolderError."""
        if self.out.exists() and not self.out.is_dir():
            raise OutFolderError(f"{self.out} is a file; --out names a folder.")
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
            raise OutFolderError(f"Another process is distilling into {self.out}. Wait for it.") from None
        except OSError as error:
            raise OutFolderError(f"{self.out} cannot be written to ({error.strerror}).") from error
        try:
            yield
        finally:
            lock.release()
            if not self._plan.exists():
                self._leave_nothing()

    def _leave_nothing(self) -> None:
        """A run that did not begin leaves the folder as it was: empty, or not there."""
        shutil.rmtree(self._run, ignore_errors=True)
        with suppress(OSError):
            self.out.rmdir()

    # -- what is there --------------------------------------------------------

    def plan(self) -> Plan | None:
        """The plan of the run that is here; None where none was begun, or was stopped before it had one."""
        return read_plan(self._plan) if self._plan.exists() else None

    @property
    def finished(self) -> bool:
        return (self.out / WEIGHTS).is_file()

    @property
    def begun(self) -> bool:
        """Whether anything was trained: before that there is nothing to go on with."""
        return self.finished or self._checkpoint.exists() or self.journal.exists()

    def checkpoint(self) -> dict[str, Any] | None:
        """What `keep_checkpoint` was given last; None where there is none. Raises CheckpointError."""
        import torch

        if not self._checkpoint.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        except Exception as error:  # zip's, pickle's and PyTorch's own: each means that it is damaged
            raise CheckpointError(self._checkpoint, type(error).__name__) from error
        return state

    # -- what is written --------------------------------------------------------

    def make_tokens(self, fill: Callable[[Path], object]) -> None:
        """Have `fill` write the token files into a new folder."""
        part = self._run / "tokens.part"
        for left in (part, self.tokens):
            shutil.rmtree(left, ignore_errors=True)
        part.mkdir()
        fill(part)
        sync_tree(part)
        part.rename(self.tokens)

    def keep_plan(self, plan: Plan) -> None:
        self.replace(self._plan, lambda part: part.write_text(plan.model_dump_json(indent=2) + "\n", "utf-8"))

    def keep_checkpoint(self, state: dict[str, Any]) -> None:
        import torch

        self.replace(self._checkpoint, lambda part: torch.save(state, part))

    def replace(self, file: Path, write: Callable[[Path], object]) -> None:
        """Put a new file in a file's place once it is whole and on the disk."""
        part = file.with_name(file.name + ".part")
        try:
            write(part)
            sync(part)
        except BaseException:
            part.unlink(missing_ok=True)  # on a full disk, its room is needed
            raise
        os.replace(part, file)
        sync(file.parent)

    def finish(self, write: Callable[[Path], object]) -> None:
        """Have `write` make the student in a new folder, and put it in place. Then forget the run's means."""
        part = self._run / "student.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        write(part)
        sync_tree(part)
        for file in sorted(part.iterdir(), key=lambda file: file.name == WEIGHTS):
            os.replace(file, self.out / file.name)
        sync(self.out)
        self.tidy()

    def tidy(self) -> None:
        """Remove what a finished run needs no more."""
        self._checkpoint.unlink(missing_ok=True)
        for left in (self.tokens, self._run / "student.part"):
            shutil.rmtree(left, ignore_errors=True)

    # -- the disk --------------------------------------------------------

    def require_space(self, needed: int) -> None:
        """Raises DistilDiskFullError."""
        free = shutil.disk_usage(self.out).free
        if free < needed:
            raise DistilDiskFullError(self.out, needed, free)

    @contextmanager
    def full_disk_said(self) -> Iterator[None]:
        """Turn what a full disk causes, in whichever library, into DistilDiskFullError."""
        try:
            yield
        except DistilError:
            raise  # says what it is
        except Exception as error:
            if is_disk_full(error, self.out, FULL_BELOW):
                raise DistilDiskFullError(self.out) from error
            raise
