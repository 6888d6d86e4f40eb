"""A simulated typist, who types a given text and accepts the suggested words that are right.

The modules hold the keys that the typist presses, the ghost text on the screen and the counts. They use no
clock, no model and no socket. `foretype compare` compares models with the typist, and `latency.replay`
measures servers.
"""
