"""Clients that break the rules: of HTTP, of WebSocket, of the protocol.

Each test sends harmless input, in odd orders and odd forms, to a server of its own. What must hold: the
server answers or closes as it should, keeps no place and no field of such a client, and logs no error,
because a client's mistake is none of the server's.
"""
