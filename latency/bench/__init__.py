"""`make bench`: runs measurements one after the other, compares them with their limits, and writes
docs/measured.md.

stages → results (JSON files in latency/out/bench) → page (docs/measured.md).
"""
