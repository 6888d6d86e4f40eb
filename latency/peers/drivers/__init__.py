"""The programs that run in a peer's child process: one module for each peer. `child_protocol` talks to the
parent, and `engine` measures times.

All run in the peers' environment, so they import only numpy, their peer's package and each other.
`foretype_runtime` and `transformers_torch` run in Foretype's environment.
"""
