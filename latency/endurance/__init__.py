"""Whether a server stays well for a long time: three commands, each with a table of limits in budget.toml.

`latency.endurance` types random text, `latency.endurance.frames` sends valid, odd and wrong frames quickly,
and `latency.endurance.soak` does what happens to a server in 24 hours, with shorter waits.
"""
