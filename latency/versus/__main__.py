from latency.versus.cli import app

app(prog_name="python -m latency.versus")
