"""One field's text as a prediction tree: settled text and stem, nodes and their slots, the best-first search,
the choice. No module here knows sockets or time.
"""
