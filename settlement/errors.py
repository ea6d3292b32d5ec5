"""What an audit raises."""


class Discrepancy(Exception):
    """The database contradicts its own history, or what others know of it.  The message says where."""


def require(condition: bool, message: str) -> None:
    """Raises Discrepancy with this message unless the condition holds."""
    if not condition:
        raise Discrepancy(message)
