"""Coverage-guided fuzzing of the frames that a client sends: `make fuzz` installs atheris and runs this.

atheris (libFuzzer for Python, https://github.com/google/atheris) changes bytes and keeps those that reach new
lines of `foretype.server`. `test_any_messages` builds messages by rules; this also reaches frames without
a rule. An input that breaks a promise is written to `tests/out/crash-…`, and the command fails.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

MEMBERS = (
    "type",
    "field",
    "seq",
    "before",
    "after",
    "text",
    "token",
    "nonce",
    "proof",
    "kind",
    "max_chars",
    "alternatives",
)
TYPES = ("hello", "proof", "keystroke", "accepted", "dismissed", "close")
SEEDS = tuple(
    "\n".join(
        [
            "+"
            + json.dumps({"type": "keystroke", "field": "a", "seq": 1, "before": "The quick", "after": ""}),
            last,
        ]
    ).encode()
    for last in (
        '+{"type":"accepted","field":"a","seq":1,"text":" brown"}',
        '+{"type":"dismissed","field":"a","seq":1}',
        '+{"type":"close","field":"a"}',
        '+{"type":"keystroke","field":"b","seq":2,"before":"\\ud83d","after":"","max_chars":3,"alternatives":2}',
        '-{"type":"hello","token":"x"}',
    )
)


def target() -> Callable[[bytes], None]:
    """A function of one input. It raises AssertionError if an answer breaks the protocol.

    Each line of an input is a frame, after a first byte: `*` means a binary frame. An input that begins with
    `-` is sent before the client is accepted. The imports are here because atheris instruments modules while
    they are imported.
    """
    from foretype.server import frames
    from foretype.server.frames import Refused
    from foretype.server.limits import ClientLimits
    from foretype.server.protocol import Ignored, Keystroked, Protocol
    from tests.server import contract

    limits = ClientLimits(context_chars=64, fields=3, keystrokes_per_second=1e6, keystroke_burst=1_000_000)

    def send(data: bytes) -> None:
        protocol = Protocol(limits, lambda: 0.0)
        greeted = not data.startswith(b"-")
        if greeted:
            protocol.greet()
        for line in data.split(b"\n"):
            event = protocol.receive(line[1:], binary=line.startswith(b"*"))
            if isinstance(event, Refused):
                assert greeted, "a client that was not accepted got an error"
                assert contract.errors(json.loads(frames.error(event))) == []
            elif isinstance(event, Keystroked):
                assert greeted, "a client that was not accepted sent a keystroke"
                assert len(event.keystroke.before) <= limits.context_chars
                assert protocol.may_answer(event.field, event.keystroke.seq, final=True)
            assert not line.startswith(b"*") or isinstance(event, Refused | Ignored)
            assert protocol.fields <= limits.fields

    return send


def main() -> None:
    asked = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    asked.add_argument("--seconds", type=int, default=60, help="how long to try new inputs (default: 60)")
    seconds = asked.parse_args().seconds
    import atheris

    with atheris.instrument_imports(include=["foretype.server"]):
        send = target()
    with tempfile.TemporaryDirectory() as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, seed in enumerate(SEEDS):
            (corpus / str(number)).write_bytes(seed)
        words.write_text("".join(f'"\\"{word}\\""\n' for word in (*MEMBERS, *TYPES)))
        atheris.Setup(
            ["fuzz", str(corpus), f"-dict={words}", f"-max_total_time={seconds}", "-max_len=2048"], send
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
