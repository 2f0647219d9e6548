"""Errors that a person can fix. A command reports them in one line, without a traceback."""


class FlagError(ValueError):
    """A flag that cannot be used: says what is wrong and what to type instead."""


class DataError(ValueError):
    """Data that cannot be used: says what is wrong and what would be accepted."""


class CheckpointError(Exception):
    """A saved training cannot be resumed, or a state cannot be saved; the message says what to do."""
