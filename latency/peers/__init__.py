"""Foretype compared with its peers, which are other engines: same weights, texts and threads, in one run.

peer_list → environment, weights → peer_process (runs a module of `drivers`) → rounds, keystrokes → figures →
report. `comparison` is the whole order.
"""
