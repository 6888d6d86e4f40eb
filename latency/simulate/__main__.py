from latency.simulate.cli import app

app(prog_name="python -m latency.simulate")
