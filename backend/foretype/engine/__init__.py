"""The engine: from a keystroke to a suggestion. Fields, their prediction trees, and the scheduler that shares
one model among them.
"""
