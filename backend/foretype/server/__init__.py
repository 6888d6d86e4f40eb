"""The HTTP and WebSocket server: the wire protocol, and which clients may use it."""
