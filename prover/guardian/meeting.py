"""Dealing among guardians on separate machines: the rounds of dealer.py as messages, each from one to one.

    HOME/guardian-identity.json     {"format": "zksettle-guardian-identity", …}, mode 0600
    name of a guardian              IDENTITY@HOST:PORT, the identity in 64 hexadecimal digits

All name the same guardians in the same order; the place in it is a member's index.  All must take part: one that does
not answer is named, and the others deal again without it.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from prover.guardian import dealer, dealing, guardianfile, network, wire
from prover.guardian.channel import NoAnswer, Unreachable
from prover.guardian.dealer import Dealer, Revealed, Shares
from prover.guardian.guardianfile import IDENTITY_BYTES, Guardian, Peer
from prover.guardian.network import Client, Server
from prover.machine import secretfile
from prover.trader import keys
from zk.errors import FormatError
from zk.formats import dataclassjson
from zk.formats.dataclassjson import Codec
from zk.threshold.dkg import Announcement
from zk.threshold.sharing import MAX_MEMBERS, Quorum

FORMAT: Final = "zksettle-guardian-identity"
VERSION: Final = 1
WHAT = "a guardian's identity"
WAIT_S = 120.0
PART_S = 3.0
_RETRY_S = 0.2

T = TypeVar("T")

_members = dataclassjson.array(wire.index, 0, MAX_MEMBERS)
_scalars = dataclassjson.array(wire.scalar, 2, 2)
_announcement = dataclassjson.record(Announcement, {
    "index": wire.index, "commitments": dataclassjson.array(wire.point, 1, MAX_MEMBERS), "nonce": wire.point,
    "response": wire.scalar,
})  # fmt: skip
_HELLO = dataclassjson.hexadecimal(dealer.HELLO_BYTES)
_ANNOUNCED = dataclassjson.array(_announcement, 2, 2)
_SHARED = dataclassjson.record(Shares, {"values": _scalars, "transcript": dataclassjson.hexadecimal(32)})
_COMPLAINED = dataclassjson.array(_members, 2, 2)
_REVEALED = dataclassjson.array(dataclassjson.record(Revealed, {
    "member": wire.index, "values": dataclassjson.array(dataclassjson.optional(wire.scalar), 2, 2)
}), 0, MAX_MEMBERS)  # fmt: skip
_CONFIRMED = dataclassjson.hexadecimal(32)


@dataclass(frozen=True, repr=False)
class Identity(keys.Secret):
    """A guardian before it has shares: its X25519 secret, and where it listens."""

    format: Literal["zksettle-guardian-identity"]
    version: Literal[1]
    identity: Annotated[bytes, dataclassjson.hexadecimal(IDENTITY_BYTES)]
    address: Annotated[str, guardianfile.ADDRESS]

    @property
    def name(self) -> str:
        """What the others are told."""
        return f"{dealing.public(self.identity).hex()}@{self.address}"


def new(path: Path, address: str) -> Identity:
    """A fresh identity in a file.  Raises FileExistsError rather than replace one, FormatError for a bad address."""
    network.address(guardianfile.ADDRESS.read(address, "the address"), path)
    made = Identity(FORMAT, VERSION, dealing.new_identity(), address)
    secretfile.create(path, made, WHAT)
    return made


def read(path: Path) -> Identity:
    """The identity in a file.  Raises FormatError when it is missing or malformed."""
    found = secretfile.find(path, Identity, WHAT)
    if found is None:
        raise FormatError(f"there is no guardian's identity at {path}: `zksettle guardian new` makes one")
    return found


def parse(name: str) -> Peer:
    """The guardian of a name.  Raises FormatError when it is malformed."""
    identity, _, address = name.partition("@")
    what = f"the guardian's name {name[:100]!r}"
    if not address:
        raise FormatError(f"{what} is not IDENTITY@HOST:PORT")
    public = dataclassjson.hexadecimal(IDENTITY_BYTES).read(identity, what)
    return Peer(public, guardianfile.ADDRESS.read(address, what))


def deal(own: Identity, peers: Sequence[Peer], threshold: int, number: int, wait_s: float = WAIT_S) -> Guardian:
    """Deals with these guardians, of whom `own` is one, and returns its part, which is in no file yet.

    Raises FormatError when it is not one of them or one appears twice, Unreachable naming who does not answer, and
    InvalidProof as the dealers do.
    """
    public = dealing.public(own.identity)
    identities = tuple(peer.identity for peer in peers)
    if len(set(identities)) != len(identities):
        raise FormatError("a guardian is named twice")
    if public not in identities:
        raise FormatError("this guardian is not among those that are named: `zksettle guardian new --show` names it")
    index = identities.index(public) + 1
    try:
        quorum = Quorum(threshold, len(peers))
    except ValueError as error:
        raise FormatError(str(error)) from None
    meeting = _Meeting(own, index, peers, wait_s)
    try:
        shares = _rounds(Dealer(quorum, index, identities), meeting)
    finally:
        meeting.close()
    return Guardian(number, index, own.identity, tuple(peers), *shares)


def _rounds(member: Dealer, meeting: "_Meeting") -> tuple:
    hellos = meeting.tell_all("hello", member.hello(), _HELLO)
    announced = meeting.tell_all("announce", member.announce(hellos), _ANNOUNCED)
    shared = meeting.tell_each("share", member.share(announced), _SHARED)
    complained = meeting.tell_all("complain", member.complain(shared), _COMPLAINED)
    revealed = meeting.tell_all("reveal", member.reveal(complained), _REVEALED)
    shares = member.finish(complained, revealed)
    own = dealer.confirmation(shares)
    dealer.check_confirmations(own, meeting.tell_all("confirm", own, _CONFIRMED))
    meeting.part()
    return shares


class _Meeting:
    """Tells every other guardian something in each round, and waits until all have told this one theirs."""

    def __init__(self, own: Identity, index: int, peers: Sequence[Peer], wait_s: float):
        self._index, self._deadline_s = index, time.monotonic() + wait_s
        self._heard: dict[str, dict[int, Any]] = {}
        self._news = threading.Condition()
        secret, nowhere = X25519PrivateKey.from_private_bytes(own.identity), Path()
        known = {peer.identity: number for number, peer in enumerate(peers, start=1) if number != index}
        self._server = Server(network.listen(network.address(own.address, nowhere)), secret, known, self._hear)
        self._clients = {
            number: Client(secret, peer.identity, network.address(peer.address, nowhere), f"guardian {number}")
            for number, peer in enumerate(peers, start=1) if number != index
        }  # fmt: skip

    def close(self) -> None:
        """Stops listening."""
        for client in self._clients.values():
            client.close()
        self._server.close()

    def tell_all(self, name: str, content: T, codec: Codec[T]) -> dict[int, T]:
        """Tells all the same; what all said, by member, this one's own words among it."""
        return self.tell_each(name, dict.fromkeys((self._index, *self._clients), content), codec)

    def tell_each(self, name: str, contents: Mapping[int, T], codec: Codec[T]) -> dict[int, T]:
        """Tells each its own; what all said to this one."""
        for number, client in self._clients.items():
            self._tell(client, {"round": name, "content": codec.write(contents[number])})
        with self._news:
            is_complete = self._news.wait_for(
                lambda: len(self._heard.get(name, {})) == len(self._clients), self._deadline_s - time.monotonic()
            )
            heard = dict(self._heard.get(name, {}))
        if not is_complete:
            silent = ", ".join(str(number) for number in self._clients if number not in heard)
            raise Unreachable(f"guardian {silent} took no part in the dealing: deal again with those that do")
        read = {number: codec.read(value, f"what guardian {number} said") for number, value in heard.items()}
        return dict(sorted((read | {self._index: contents[self._index]}).items()))

    def part(self) -> None:
        """Stays for a moment for those who were not told yet that this one heard them."""
        for client in self._clients.values():
            with suppress(NoAnswer):
                client.ask({"round": "part", "content": None})
        with self._news:
            self._news.wait_for(lambda: len(self._heard.get("part", {})) == len(self._clients), PART_S)

    def _tell(self, client: Client, message: dict[str, Any]) -> None:
        while True:
            try:
                client.ask(message)
                return
            except Unreachable:
                if time.monotonic() > self._deadline_s:
                    raise
                time.sleep(_RETRY_S)

    def _hear(self, member: int, message: dict[str, Any]) -> dict[str, Any]:
        name, content = message.get("round"), message.get("content")
        if not isinstance(name, str):
            raise FormatError("the message is of no round")
        with self._news:
            self._heard.setdefault(name[:20], {}).setdefault(member, content)  # what was said first counts
            self._news.notify_all()
        return {}

