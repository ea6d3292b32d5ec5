"""What the ledger and the audit raise, beside a rejection."""


class Discrepancy(Exception):
    """The database contradicts its own history, or what others know of it.  The message says where."""


class Unavailable(Exception):
    """The ledger's database is busy or cannot be reached.  Nothing has happened: try again later."""


class OutcomeUnknown(Unavailable):
    """The database was lost while it committed, so the events may have settled, all of them or none.

    Ask for the bundle's id (engine.settled), or submit the same bundle again, which settles nothing twice.
    """


def require(condition: bool, message: str) -> None:
    """Raises Discrepancy with this message unless the condition holds."""
    if not condition:
        raise Discrepancy(message)
