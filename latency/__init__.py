"""The latency budget, and the programs that hold a running server against it. They are not installed."""
