from latency.languages.cli import app

app(prog_name="python -m latency.languages")
