"""The latency budget, and the programs that hold a running server against it. They are not installed."""

import foretype  # noqa: F401  # first of all: its import switches off the telemetry of what is measured
