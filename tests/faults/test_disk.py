"""The disk is full, read-only, or files may not grow, while real processes prepare and serve."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foretype.models.prepared import load_prepared
from tests.faults.conftest import TINY, Installed

OWN_MOUNTS = ["unshare", "--mount", "sh", "-c"]


def may_mount() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    ended = subprocess.run([*OWN_MOUNTS, "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False)
    return ended.returncode == 0


mounts = pytest.mark.skipif(not may_mount(), reason="this user may not mount a file system")


def in_own_mounts(line: str) -> str:
    """The line in a shell whose mounts end with it."""
    return f"exec unshare --mount sh -c '{line}'"


@mounts
def test_a_disk_that_fills_up_while_a_model_is_prepared_is_said_and_then_the_work_goes_on(
    installed: Installed,
) -> None:
    installed.models_dir.mkdir()
    ended = installed.shell(
        in_own_mounts(
            "cd $FORETYPE_MODELS_DIR; mount -t tmpfs -o size=110M tmpfs .; cd .; "
            "(until ls .work-tiny/export-*.part; do sleep 0.01; done; "
            "head -c 200M /dev/zero >filler) 2>/dev/null & "
            "$foretype prepare; echo $?; wait; rm filler; $foretype prepare; echo $?; ls"
        )
    )
    assert f"The disk that holds {installed.models_dir} is full" in ended.stderr
    assert "Free some space" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout.split() == ["1", "0", TINY]


def test_a_limit_of_file_size_while_a_model_is_prepared_is_a_sentence(installed: Installed) -> None:
    ended = installed.shell("ulimit -f 100; exec $foretype prepare")
    assert ended.returncode == 1
    assert "raise the limit (ulimit -f)" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert not (installed.models_dir / TINY).exists()


def test_state_that_a_limit_of_file_size_stops_is_a_sentence_and_changes_nothing(
    installed: Installed,
) -> None:
    assert installed.shell("$foretype pair").returncode == 0
    before = (installed.state_dir / "clients.json").read_bytes()
    ended = installed.shell("ulimit -f 0; exec $foretype pair")
    assert ended.returncode == 1
    assert f"The folder {installed.state_dir} cannot be written: File too large." in ended.stderr
    assert [path.name for path in sorted(installed.state_dir.iterdir())] == ["clients.json", "clients.lock"]
    assert (installed.state_dir / "clients.json").read_bytes() == before


@mounts
def test_a_full_disk_for_the_state_is_said_when_the_server_starts_and_it_serves(prepared: Installed) -> None:
    prepared.state_dir.mkdir()
    line = (
        "mount -t tmpfs -o size=8k tmpfs $FORETYPE_STATE_DIR; head -c 8192 /dev/zero >$FORETYPE_STATE_DIR/x; "
        "exec $foretype serve --port $port"
    )
    with prepared.serving(in_own_mounts(line)) as server:
        assert server.is_ready()
        assert server.completes()
        code, errors = server.end()
    assert code == 0
    assert f"The folder {prepared.state_dir} cannot be written: No space left on device. Free" in errors


@mounts
def test_with_read_only_folders_a_prepared_model_is_served_and_the_state_is_warned_of(
    prepared: Installed,
) -> None:
    prepared.state_dir.mkdir()
    line = (
        "for folder in $FORETYPE_MODELS_DIR $FORETYPE_STATE_DIR; do mount --bind $folder $folder; "
        "mount -o remount,ro,bind $folder; done; exec $foretype serve --port $port"
    )
    with prepared.serving(in_own_mounts(line)) as server:
        assert server.is_ready()
        assert server.completes()
        code, errors = server.end()
    assert code == 0
    (warning,) = errors.splitlines()
    assert f"The folder {prepared.state_dir} cannot be written: Read-only file system." in warning


@mounts
def test_a_read_only_models_folder_is_said_before_anything_is_prepared(installed: Installed) -> None:
    installed.models_dir.mkdir()
    ended = installed.shell(
        in_own_mounts(
            "mount --bind $FORETYPE_MODELS_DIR $FORETYPE_MODELS_DIR; "
            "mount -o remount,ro,bind $FORETYPE_MODELS_DIR; exec $foretype serve --port 0"
        )
    )
    assert ended.returncode == 1
    assert "cannot be written to (Read-only file system). Name another with --models-dir" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", ["model.onnx", "embedding.bin", "tokenizer.json", "manifest.json"])
@pytest.mark.parametrize("part", ["header", "middle", "tail"])
def test_a_flipped_bit_in_any_part_of_any_file_is_said_and_nothing_is_served(
    prepared: Installed, name: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.prepare.commands import foretype

    file = prepared.models_dir / TINY / name
    flip_a_bit(file, part)
    monkeypatch.setenv("FORETYPE_MODELS_DIR", str(prepared.models_dir))
    result = foretype("models")
    assert f"The prepared model in {file.parent} cannot be used: " in result.stderr
    assert name in result.stderr
    with pytest.raises(Exception, match=name):
        load_prepared(file.parent)


def flip_a_bit(file: Path, part: str) -> None:
    content = bytearray(file.read_bytes())
    place = {"header": 0, "middle": len(content) // 2, "tail": len(content) - 2}[part]
    content[place] ^= 1
    file.write_bytes(content)
