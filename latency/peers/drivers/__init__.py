"""One child process for each peer: `loop` speaks with the parent, `engine` times, the others run a model.

They run in the peers' own environment, so they import nothing but numpy, their peer and each other.
"""
