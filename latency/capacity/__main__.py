from latency.capacity.cli import app

app(prog_name="python -m latency.capacity")
