"""What one machine with a GPU carries and costs, beside its CPU, in one command that needs no network.

plan (time) → device (parity, steps) and people (one typist, a crowd) → cost → report.
"""
