"""The number of typists that one server can serve: it grows until answers are late or a keystroke is refused.

crowd → load_step → overload → report. The typists of a crowd type as those of `latency.replay` do.
"""
