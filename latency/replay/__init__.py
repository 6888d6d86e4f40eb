"""Typists made of code: they type real texts at a server over the real socket, take what is right, measure.

texts → pace → typist ⇄ screen → ledger → figures → report. Pure but for `connection`, `session`, `run`,
`server` and `usage`, which touch the network, the clock or processes.
"""
