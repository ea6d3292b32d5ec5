"""A guardian's file: its identity, its shares of two dealt keys, and where the other guardians are.

    HOME/guardians/NUMBER-INDEX.json         mode 0600; NUMBER counts the guardians' keys, INDEX is the member

Shares cannot be made again.  One key decrypts what traders seal, so it answers for points that traders choose, and
never signs.  The other one signs seizures and owns the insurance's account.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from prover.machine import files, secretfile
from prover.trader import keys
from zk.curves import babyjubjub
from zk.curves.babyjubjub import ORDER, Point
from zk.errors import FormatError
from zk.formats import dataclassjson
from zk.formats.dataclassjson import Codec
from zk.threshold import keys as dealt
from zk.threshold.keys import GroupKey, KeyShare
from zk.threshold.sharing import MAX_MEMBERS, Quorum

FORMAT: Final = "zksettle-guardian"
VERSION: Final = 1
WHAT = "a guardian's keys"
MAX_NUMBER = 2**32 - 1
IDENTITY_BYTES = 32

_point = Codec(
    lambda value, place: babyjubjub.unpack(dataclassjson.hexadecimal(32).read(value, place), place),
    lambda point: babyjubjub.pack(point).hex(),
)


ADDRESS = dataclassjson.text(r"[^\s@/:]{1,255}:[0-9]{1,5}", "HOST:PORT")
_peer_address = dataclassjson.text(r"|[^\s@/:]{1,255}:[0-9]{1,5}", "HOST:PORT or nothing")


@dataclass(frozen=True)
class Peer:
    """A guardian as the others see it: its X25519 public key, and HOST:PORT, or nothing for one on this machine."""

    identity: Annotated[bytes, dataclassjson.hexadecimal(IDENTITY_BYTES)]
    address: Annotated[str, _peer_address]


@dataclass(frozen=True, repr=False)
class Guardian(keys.Secret):
    """Member `index` of the guardians whose keys have this number; `peers` are all members, member 1 first."""

    number: int
    index: int
    identity: bytes
    peers: tuple[Peer, ...]
    decryption: KeyShare
    signing: KeyShare

    @property
    def quorum(self) -> Quorum:
        """How many guardians there are, and how many it takes."""
        return self.signing.group.quorum

    @property
    def private(self) -> X25519PrivateKey:
        """The identity's secret key."""
        return X25519PrivateKey.from_private_bytes(self.identity)


@dataclass(frozen=True, repr=False)
class _Share(keys.Secret):
    secret: Annotated[int, dataclassjson.decimal(1, ORDER)]
    key: Annotated[Point, _point]
    shares: Annotated[tuple[Point, ...], dataclassjson.array(_point, 1, MAX_MEMBERS)]


@dataclass(frozen=True, repr=False)
class _GuardianFile(keys.Secret):
    format: Literal["zksettle-guardian"]
    version: Literal[1]
    number: Annotated[int, dataclassjson.integer(1, MAX_NUMBER)]
    index: Annotated[int, dataclassjson.integer(1, MAX_MEMBERS)]
    threshold: Annotated[int, dataclassjson.integer(1, MAX_MEMBERS)]
    identity: Annotated[bytes, dataclassjson.hexadecimal(IDENTITY_BYTES)]
    peers: Annotated[tuple[Peer, ...], dataclassjson.array(dataclassjson.of(Peer), 1, MAX_MEMBERS)]
    decryption: _Share
    signing: _Share


def path(folder: Path, number: int, index: int) -> Path:
    """The file of a guardian in the folder of guardians."""
    return folder / f"{number}-{index}.json"


def write(folder: Path, guardian: Guardian) -> Path:
    """Writes a guardian's file and returns its path.  Raises FileExistsError rather than replace shares."""
    target = path(files.make_folder(folder), guardian.number, guardian.index)
    shares = (
        _Share(share.secret, share.group.public, share.group.shares)
        for share in (guardian.decryption, guardian.signing)
    )
    secretfile.create(target, _GuardianFile(
        FORMAT, VERSION, guardian.number, guardian.index, guardian.quorum.threshold, guardian.identity, guardian.peers,
        *shares,
    ), WHAT)  # fmt: skip
    return target


def read(source: Path) -> Guardian:
    """The guardian in a file.  Raises FormatError when it is missing or malformed, or its shares are not the keys'."""
    content, what = secretfile.read(source, _GuardianFile, WHAT), f"the file of {WHAT} {source}"
    if content.threshold > len(content.peers):
        raise FormatError(f"{what} has {len(content.peers)} guardians, fewer than its threshold of {content.threshold}")
    quorum = Quorum(content.threshold, len(content.peers))
    shares = []
    for share in (content.decryption, content.signing):
        shares.append(KeyShare(content.index, share.secret, GroupKey(quorum, share.key, share.shares)))
        try:
            dealt.check_share(shares[-1])
        except FormatError as error:
            raise FormatError(f"{what}: {error}") from None
    return Guardian(content.number, content.index, content.identity, content.peers, *shares)


def here(folder: Path) -> tuple[Guardian, ...]:
    """The guardians whose files are in the folder, by number and index.  Raises FormatError when one is malformed."""
    found = (read(source) for source in folder.glob("[0-9]*-[0-9]*.json")) if folder.is_dir() else ()
    return tuple(sorted(found, key=lambda one: (one.number, one.index)))
