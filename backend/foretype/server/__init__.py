"""Where keystrokes come in: the wire protocol, who may speak it, and the HTTP server around both."""
