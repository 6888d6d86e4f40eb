"""Compares the server of this checkout with that of an earlier commit: the same texts, typed in turns, in one
run. Figures of one run can be divided by each other; figures of two runs or machines cannot.

cli → checkout → contest → figures → report. `figures` is pure.
"""
