"""What a home that uses a ledger elsewhere needs of its service: wire.client has it, and tests have their own."""

from typing import Protocol


class Service(Protocol):
    """The other side.  Both methods raise errors.Unavailable when nothing has happened."""

    def get(self, path: str) -> bytes:
        """What the service has under a path."""

    def post(self, path: str, body: bytes) -> bytes:
        """The service's answer to what was sent.  Raises Rejected, and errors.OutcomeUnknown when none came."""

    def close(self) -> None:
        """Closes the connections."""
