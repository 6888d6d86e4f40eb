"""How many typists one server can serve: their number grows until answers are late or a keystroke is refused.

crowd → load_step → overload → report. The typists of a crowd type as those of `latency.replay` do.
"""
