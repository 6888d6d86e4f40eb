"""Prepared models side by side: what each takes, how fast it is, how good. `foretype compare`."""
