"""The base class of the errors that end the lab with a sentence in place of a traceback."""


class LabError(Exception):
    """The lab cannot go on. The message says why, and what to do if that is known."""
