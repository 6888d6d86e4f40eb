from latency.bench.cli import app

app(prog_name="python -m latency.bench")
