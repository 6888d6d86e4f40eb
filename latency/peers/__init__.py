"""Foretype beside its peers: the same weights, texts and threads, in one run, on one machine."""
