"""Preparing: two servers at once, and a process that is killed at each step."""

from __future__ import annotations

import subprocess
import sys

from foretype.models.prepared import load_prepared
from tests.faults.conftest import LIMIT_S, TINY, Installed

KILLED_AT_EACH_STEP = """
import os, signal
from contextlib import contextmanager
from pathlib import Path

from foretype.models.prepared import load_prepared
from foretype.models.recipe import load_recipe
from foretype.prepare.make import make
from foretype.support.progress import SILENT

models = Path(os.environ["FORETYPE_MODELS_DIR"])


class Steps:
    def __init__(self, kill_at=None, at_end=False):
        self.names, self.kill_at, self.at_end = [], kill_at, at_end

    @contextmanager
    def step(self, what):
        self.names.append(what)
        if what == self.kill_at and not self.at_end:
            os.kill(os.getpid(), signal.SIGKILL)
        with SILENT.step(what) as step:
            yield step
        if what == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def say(self, line):
        pass


def in_child(folder, steps):
    # A child that has its parent's imports, so that each step takes no seconds.
    pid = os.fork()
    if pid == 0:
        make(load_recipe("tiny"), folder, threads=1, progress=steps)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


import onnx, onnxruntime, torch, transformers
import optimum.exporters.onnx

torch.set_num_threads(1)
read, write = os.pipe()
pid = os.fork()
if pid == 0:
    steps = Steps()
    make(load_recipe("tiny"), models / "listed", threads=1, progress=steps)
    os.write(write, "\\n".join(steps.names).encode())
    os._exit(0)
os.close(write)
names = os.read(read, 65536).decode().split("\\n")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert len(names) > 5, names
# The end of a step is the beginning of the next one.
for name, at_end in [*((name, False) for name in names), (names[-1], True)]:
    assert in_child(models, Steps(name, at_end)) == -signal.SIGKILL, name
    assert not (models / "tiny").exists(), name
    print(name)
assert in_child(models, Steps()) == 0
load_prepared(models / "tiny")
"""


def test_killed_at_each_step_the_last_run_succeeds(installed: Installed) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_STEP],
        env=installed.environment, capture_output=True, text=True, timeout=4 * LIMIT_S,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "put the model in place" in ended.stdout


def test_two_servers_that_need_one_unprepared_model_both_serve_it(installed: Installed) -> None:
    with installed.serving() as first, installed.serving() as second:
        assert first.is_ready()
        assert second.is_ready()
        assert first.completes()
        assert second.completes()
        ended = [first.end(), second.end()]
    assert [code for code, _ in ended] == [0, 0]
    assert sum("export to ONNX" in errors for _, errors in ended) == 1
    assert load_prepared(installed.models_dir / TINY)
