"""How many typists one server carries: more and more of them, until answers come late or anybody is refused.

crowd → steps → beyond → report. The crowd types as `latency.replay` does, on the same connections.
"""
