"""Compares prepared models: size, memory, speed and quality, side by side. `foretype compare`."""
