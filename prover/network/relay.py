"""A service that may move: when validators name another operator, requests go to where its service is."""

from collections.abc import Callable

from prover.network.protocol import Service


class Relay:
    """The service at a URL, until `turn_to` names another.  Belongs to one thread, as the clients that it makes."""

    def __init__(self, url: str, connect: Callable[[str], Service]):
        self.url, self._connect = url, connect
        self._service = connect(url)

    def turn_to(self, url: str) -> None:
        """Asks the service at another URL from now on."""
        self._service.close()
        self._service, self.url = self._connect(url), url

    def get(self, path: str) -> bytes:
        """As Service.get."""
        return self._service.get(path)

    def post(self, path: str, body: bytes) -> bytes:
        """As Service.post."""
        return self._service.post(path, body)

    def close(self) -> None:
        """Closes the connections."""
        self._service.close()
