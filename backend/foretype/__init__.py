"""Foretype: autocomplete for everything people type in a browser.

A keystroke goes through the rooms in this order, and imports point the same way (docs/architecture.md):
socket → field → tree → scheduler → runtime. Beside the path: tokens, models, settings, metrics, logs, cli.
"""

import os

from foretype.support.silence import silence

silence(os.environ)  # before any other module of Foretype, as each may import a library that reads it

__version__ = "0.1.0"
