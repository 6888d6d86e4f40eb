from latency.endurance.random_typing import app

app(prog_name="python -m latency.endurance")
