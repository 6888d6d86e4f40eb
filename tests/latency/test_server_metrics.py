import aiohttp

from latency.replay.run import replay
from latency.replay.server_metrics import ModelWork, parse_model_work, read_model_work
from latency.replay.type_text import Manner
from tests.latency.scripted import TOKEN, ScriptedServer, nothing

EXPOSED = """\
# TYPE foretype_model_runs counter
foretype_model_runs_total{kind="waited"} 7.0
foretype_model_runs_total{kind="ahead"} 3.0
# TYPE foretype_model_tokens counter
foretype_model_tokens_total 55.0
"""


def test_a_counter_with_labels_counts_all_of_them() -> None:
    assert parse_model_work(EXPOSED) == ModelWork(10, 55)


def test_what_a_server_does_not_count_is_not_said() -> None:
    work = parse_model_work("foretype_connections 1.0\n").since(ModelWork())
    assert work.per_keystroke(10) == {"model_runs_per_keystroke": None, "model_tokens_per_keystroke": None}


async def test_nobody_there_says_nothing() -> None:
    async with aiohttp.ClientSession() as http:
        assert await read_model_work(http, "http://127.0.0.1:9") == ModelWork()


async def test_only_the_work_of_the_replay_counts(scripted: ScriptedServer) -> None:
    scripted.model_runs = 100

    def working(frame: dict[str, object]) -> list[dict[str, object]]:
        scripted.model_runs += 2
        return nothing(frame)

    scripted.answers = working
    done = await replay(scripted.address, TOKEN, ["abc"], Manner(wpm=None))
    assert done.work.per_keystroke(3)["model_runs_per_keystroke"] == 2
