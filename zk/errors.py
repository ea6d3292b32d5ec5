"""The three ways in which input from outside can be wrong."""


class FormatError(ValueError):
    """Bytes, JSON or a number that the format does not allow.  The message names the field."""


class Unsatisfied(Exception):
    """A false statement: its relation or one of its constraints does not hold."""


class InvalidProof(Exception):
    """A proof or signature that does not verify.  `index` is its position when it is one of a batch."""

    def __init__(self, message: str, index: int | None = None):
        super().__init__(message)
        self.index = index
