"""Foretype: autocomplete for everything people type in a browser.

A keystroke goes through the rooms in this order, and imports point the same way (docs/architecture.md):
socket → field → tree → scheduler → runtime. Beside the path: tokens, models, settings, metrics, logs, cli.
"""

__version__ = "0.1.0"
