from latency.providers.cli import app

if __name__ == "__main__":  # child processes of `own_process` import this module
    app(prog_name="python -m latency.providers")
