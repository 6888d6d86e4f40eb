"""A server in a process of its own, whose memory a test looks into: `python remembering.py STATE_DIR`.

It prints its port, and a line whenever it has given back what closed fields had.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from foretype import logs, serving
from foretype.keystroke import FieldKind
from foretype.serving import LocalEngine
from foretype.settings import load
from foretype.socket.server import Server, bind
from foretype.tree.choice import Policy
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

TOKEN = "for-tests-only"
GIVE_BACK_AFTER_S = 0.5  # in place of half a minute


async def main(state_dir: Path) -> None:
    logs.configure("warning")
    give_back = serving._give_back_pools

    def give_back_and_say_so() -> None:
        give_back()
        print("given back", flush=True)

    serving.GIVE_BACK_AFTER_S = GIVE_BACK_AFTER_S
    serving._give_back_pools = give_back_and_say_so
    vocabulary = byte_level_vocabulary(" any", " questions", "Please")
    model = ScriptedModel(vocabulary, {" any": {" questions": 0.9}})
    begin = {kind: [BEGIN] for kind in FieldKind}
    loop = asyncio.get_running_loop()
    engine = LocalEngine("scripted", model, vocabulary, begin, Policy(), 10_000, loop)
    settings = load({"port": 0, "token": TOKEN, "state_dir": state_dir, "keystrokes_per_second": 10_000})
    server = Server(settings, bind(settings.host, settings.port), files={})
    await server.open()
    server.ready(engine)
    print(server.port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.drain()
    await server.close()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
