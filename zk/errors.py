"""The three ways in which something from outside can be wrong."""


class FormatError(ValueError):
    """Bytes, JSON or a number that is not what its format allows.  The message names the field."""


class Unsatisfied(Exception):
    """A statement is false: its relation, or one of its constraints, does not hold."""


class InvalidProof(Exception):
    """A proof or a signature does not verify.  `index` names the bad member of a batch, where there is one."""

    def __init__(self, message: str, index: int | None = None):
        super().__init__(message)
        self.index = index
