"""What may stand between a carrier and a relay: a wire that goes dead, a SOCKS proxy, a relay that knows no NIP-77."""

import base64
import hashlib
import json
import socket
import struct
import threading
from contextlib import suppress

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Server:
    """Listens on a port of this machine, with a thread for each connection."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._sockets.append(connection)
                threading.Thread(target=self._quietly, args=(connection,), daemon=True).start()

    def _quietly(self, connection):
        with suppress(OSError):
            self.serve(connection)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def close(self):
        """Ends it; again changes nothing."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


class Wire(Server):
    """Passes everything on to a port; connections made before `cut` are then dead, and nobody is told so."""

    def __init__(self, port):
        self.to, self.count, self._cut = port, 0, 0
        super().__init__()

    def cut(self):
        self._cut = self.count

    def serve(self, connection):
        self.count += 1
        number, there = self.count, socket.create_connection(("127.0.0.1", self.to))
        self._sockets.append(there)
        threading.Thread(target=self._pass, args=(there, connection, number), daemon=True).start()
        self._pass(connection, there, number)

    def _pass(self, source, target, number):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if number > self._cut:
                    target.sendall(data)
            if number > self._cut:
                target.shutdown(socket.SHUT_WR)


class Socks(Server):
    """A SOCKS 5 proxy (RFC 1928) without authentication, which knows the names in `hosts`."""

    def __init__(self, hosts):
        self.hosts, self.asked, self.ports = hosts, [], set()
        super().__init__()

    def serve(self, connection):
        version, methods = _take(connection, 2)
        _take(connection, methods)
        connection.sendall(b"\5\0")
        version, command, _, kind = _take(connection, 4)
        assert (version, command) == (5, 1)
        if kind == 3:
            host = _take(connection, _take(connection, 1)[0]).decode()
        else:
            host = socket.inet_ntoa(_take(connection, 4))
        (port,) = struct.unpack(">H", _take(connection, 2))
        self.asked.append((host, port))
        there = socket.create_connection((self.hosts[host], port))
        self._sockets.append(there)
        self.ports.add(there.getsockname()[1])
        connection.sendall(b"\5\0\0\1" + bytes(6))
        threading.Thread(target=copy, args=(there, connection), daemon=True).start()
        copy(connection, there)


class PlainRelay(Server):
    """A relay that keeps and serves all events and knows NIP-01 alone; `answers` False: it says nothing any more."""

    def __init__(self):
        self.events, self.answers, self.opened, self.asked = [], True, 0, 0
        self._subscriptions, self._lock = {}, threading.Lock()
        super().__init__()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def close_subscriptions(self, why):
        """Ends all subscriptions, and says why, or nothing."""
        with self._lock:
            for connection, wanted in list(self._subscriptions.items()):  # others connect and leave meanwhile
                for name in wanted if why else ():
                    self._tell(connection, "CLOSED", name, why)
                wanted.clear()

    def serve(self, connection):
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += _take(connection, 1)
        (key,) = (line[18:].strip() for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.opened += 1
        self._subscriptions[connection] = {}
        try:
            while True:
                code, data = _frame(connection)
                if code == 8:
                    return
                with self._lock:
                    if code == 9 and self.answers:
                        connection.sendall(b"\x8a" + bytes([len(data)]) + data)
                    elif code == 1:
                        self._hear(connection, *json.loads(data))
        finally:
            del self._subscriptions[connection]

    def _hear(self, connection, verb, *rest):
        if verb == "EVENT":
            self.events.append(rest[0])
            self._tell(connection, "OK", rest[0]["id"], True, "")
            for each, wanted in list(self._subscriptions.items()):
                for name, filters in wanted.items():
                    if any(_matches(rest[0], asked) for asked in filters):
                        self._tell(each, "EVENT", name, rest[0])
        elif verb == "REQ":
            name, *filters = rest
            self._subscriptions[connection][name] = filters
            self.asked += any(each.get("limit") == 1 for each in filters)
            for asked in filters:
                found = [event for event in self.events if _matches(event, asked)]
                for event in found[-asked.get("limit", len(found) or 1) :]:
                    self._tell(connection, "EVENT", name, event)
            self._tell(connection, "EOSE", name)
        elif verb == "CLOSE":
            self._subscriptions[connection].pop(rest[0], None)
        else:
            self._tell(connection, "NOTICE", f"ERROR: bad msg: unknown cmd {verb}")

    def _tell(self, connection, *message):
        data = json.dumps(message).encode()
        if self.answers:
            size = bytes([len(data)]) if len(data) < 126 else b"\x7f" + struct.pack(">Q", len(data))
            with suppress(OSError):  # it has gone
                connection.sendall(b"\x81" + size + data)


def _matches(event, asked):
    tags = {(tag[0], tag[1]) for tag in event["tags"] if len(tag) > 1}
    return (
        event["kind"] in asked.get("kinds", [event["kind"]])
        and event["id"] in asked.get("ids", [event["id"]])
        and event["created_at"] >= asked.get("since", 0)
        and all(any((name[1:], value) in tags for value in asked[name]) for name in asked if name.startswith("#"))
    )


def _frame(connection):
    first, second = _take(connection, 2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(_take(connection, 2 if size == 126 else 8), "big")
    mask = _take(connection, 4)
    data = _take(connection, size)
    whole = int.from_bytes(data, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return first & 0x0F, whole.to_bytes(size, "big")


def _take(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the other side has gone")
        data += more
    return data


def copy(source, target):
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
