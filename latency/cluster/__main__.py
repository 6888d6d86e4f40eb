from latency.cluster.cli import app

app(prog_name="python -m latency.cluster")
