"""A day of ten thousand typists on many servers, simulated with measured run times.

calibrate → measured → one_server → curve → fleet → report. `against` compares `one_server` with a
real server.
"""
