"""Runs the server without a terminal, under the supervisor that the system has: systemd, launchd or Task
Scheduler. This package knows nothing about what the server does.
"""
