"""Clients that break the rules: of HTTP, of WebSocket, of the protocol.

Each test sends harmless input, in odd orders and odd forms, to a server of its own. It checks that the
server answers or closes as it should, keeps no place and no field of such a client, and logs no error,
because the mistake is the client's.
"""
