"""How a service refuses what no ledger refuses.  Here, because whoever only tells of them need not load a client."""


class Refused(Exception):
    """The service refused a request for a reason that no ledger has.  The message is a sentence for the user."""


class NotFound(Refused):
    """The service does not have what was asked for."""
