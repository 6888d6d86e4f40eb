"""Foretype: autocomplete for everything people type in a browser.

A keystroke goes through `server`, `engine` (field, tree, scheduler) and `runtime`, in this order. Imports
point the same way. docs/architecture.md describes all packages.
"""

import os

from foretype.support.silence import silence

silence(os.environ)  # before any other module of Foretype, as each may import a library that reads it

__version__ = "0.1.0"
