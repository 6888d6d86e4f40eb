"""How many machines a number of typists need, and their price, computed from a measurement of one machine.

measurement → plan → report, picture. Nothing is measured here: `python -m latency.capacity` does that.
"""
