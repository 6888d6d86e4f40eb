"""The number of typists that a machine with a GPU can serve, and their cost, compared with its CPU. Needs no
network.

time_shares → device_parity, run_times (without a server) → typists (one, then crowds) → cost → report.
"""
