"""Settled text and stem, nodes and their slots, the best-first search, the choice. It knows nothing of
sockets or time.
"""
