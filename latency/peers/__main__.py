from latency.peers.cli import app

app(prog_name="python -m latency.peers")
