"""What the parts of a pool check of themselves when they are constructed."""

from zk.errors import FormatError


def require(condition: bool, message: str) -> None:
    """Raises FormatError with this message unless the condition holds."""
    if not condition:
        raise FormatError(message)


def check_range(value: object, least: int, most: int, what: str) -> None:
    """Raises FormatError unless the value is an int, and no bool, from `least` to `most`."""
    require(type(value) is int and least <= value <= most, f"{what} is not an integer from {least} to {most}")
