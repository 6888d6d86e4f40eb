"""Simulated typists: they type real texts at a server over a WebSocket, accept suggestions that are right,
and measure the answers. The other measurements of a server use the same modules.

texts → pace → typist ⇄ screen → ledger → figures → report. All modules are pure except `connection`,
`type_text`, `plain_typing`, `run`, `server`, `server_metrics` and `usage`, which use the network, the clock
or processes.
"""
