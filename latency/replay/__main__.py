from latency.replay.cli import app

app(prog_name="python -m latency.replay")
