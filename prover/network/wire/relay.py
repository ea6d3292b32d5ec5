"""A service that may move: when validators name another operator, requests go to where its service is."""

from collections.abc import Callable

from prover.network.wire.protocol import Service


class Relay:
    """The service at a URL, until `turn_to` names another, which `note` is told of.  Belongs to one thread."""

    def __init__(self, url: str, connect: Callable[[str], Service], note: Callable[[str], None] = lambda url: None):
        self.url, self._connect, self._note = url, connect, note
        self._service = connect(url)

    def turn_to(self, url: str) -> None:
        """Asks the service at another URL from now on."""
        self._service.close()
        self._service, self.url = self._connect(url), url
        self._note(url)

    def reconnect(self, connect: Callable[[str], Service]) -> None:
        """Asks with connections of another kind from now on."""
        self._service.close()
        self._service, self._connect = connect(self.url), connect

    def get(self, path: str) -> bytes:
        """As Service.get."""
        return self._service.get(path)

    def post(self, path: str, body: bytes) -> bytes:
        """As Service.post."""
        return self._service.post(path, body)

    def close(self) -> None:
        """Closes the connections."""
        self._service.close()
