"""The engine turns a keystroke into a suggestion: fields, their prediction trees, and the scheduler that
shares one model among the fields.
"""
