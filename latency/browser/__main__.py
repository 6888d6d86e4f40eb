from latency.browser.cli import app

app(prog_name="python -m latency.browser")
