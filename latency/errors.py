"""The base class of the errors that end a measurement with a sentence in place of a traceback."""


class MeasurementError(Exception):
    """The measurement is not possible. The message says why, and what to do if that is known."""
