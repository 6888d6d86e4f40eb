from latency.weaknesses.cli import app

app()
