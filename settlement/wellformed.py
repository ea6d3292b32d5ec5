"""What the parts of a pool check of themselves when they are constructed."""

from zk.errors import FormatError


def require(condition: bool, message: str) -> None:
    """Raises FormatError with this message unless the condition holds."""
    if not condition:
        raise FormatError(message)


def check_range(value: object, least: int, most: int, what: str) -> None:
    """Raises FormatError unless the value is an int, and no bool, from `least` to `most`."""
    require(type(value) is int and least <= value <= most, f"{what} is not an integer from {least} to {most}")


def check_key_name(name: object) -> None:
    """Raises FormatError unless this can be the name of a key in a signed note (c2sp.org/signed-note)."""
    sound = isinstance(name, str) and name.isprintable() and not any(each.isspace() or each == "+" for each in name)
    require(sound and bool(name), "the name of a note's key must have characters, and neither spaces nor plus signs")
