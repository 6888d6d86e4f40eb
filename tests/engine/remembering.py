"""A server in a process of its own, whose memory a test looks into: `python remembering.py STATE_DIR`.

It prints its port, and a line whenever it has given back what closed fields had.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from foretype.engine import local
from foretype.engine.beginning import Beginning
from foretype.engine.detector import Detector
from foretype.engine.local import EngineConfig, LocalEngine
from foretype.engine.tree.choice import Policy
from foretype.models.field_kind import FieldKind
from foretype.server.listen import bind
from foretype.server.server import Server
from foretype.support import logs
from foretype.support.settings import load
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

TOKEN = "a-token-for-tests-only"
GIVE_BACK_AFTER_S = 0.5  # in place of half a minute


async def main(state_dir: Path) -> None:
    logs.configure("warning")
    give_back = local._give_back_pools

    def give_back_and_say_so() -> None:
        give_back()
        print("given back", flush=True)

    local.GIVE_BACK_AFTER_S = GIVE_BACK_AFTER_S
    local._give_back_pools = give_back_and_say_so
    vocabulary = byte_level_vocabulary(" any", " questions", "Please")
    model = ScriptedModel(vocabulary, {" any": {" questions": 0.9}})
    begin = {kind: Beginning([BEGIN]) for kind in FieldKind}
    loop = asyncio.get_running_loop()
    detector = Detector.load()
    assert detector is not None
    shares_of = detector.shares_of(["en"])
    config = EngineConfig("scripted", begin, policy=Policy(), budget_ms=10_000, shares_of=shares_of)
    engine = LocalEngine(config, model, vocabulary, loop)
    settings = load({"port": 0, "token": TOKEN, "state_dir": state_dir, "keystrokes_per_second": 10_000})
    server = Server(settings, bind(settings.host, settings.port, is_encrypted=False), files={})
    await server.open()
    server.ready(engine)
    print(server.port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.drain()
    await server.close()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
