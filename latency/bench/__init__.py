"""All measurements one after the other, held against the budget and written down: `make bench`.

stages → results (JSON files in latency/out/bench) → page (docs/measured.md and the part of README.md).
"""
