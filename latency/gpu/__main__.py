from latency.gpu.cli import app

if __name__ == "__main__":  # parts run in processes of their own, which import this
    app(prog_name="python -m latency.gpu")
