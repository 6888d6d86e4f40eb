"""Measurements of Foretype, and the limits that they are compared with. README.md lists the commands.

This package is not installed: its commands run in a checkout.
"""

import foretype  # noqa: F401  # the first import: it switches off the telemetry of the measured libraries
