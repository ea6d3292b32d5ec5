"""Deals the guardians' keys: among guardians who are all on this machine, or over channels among separate ones."""

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from prover.guardian import dealer, guardianfile
from prover.guardian.dealer import Dealer
from prover.guardian.guardianfile import IDENTITY_BYTES, Guardian, Peer
from prover.machine import arrayfolder
from settlement.pool.parameters import Guardians
from zk import entropy
from zk.errors import FormatError
from zk.threshold.keys import KeyShare
from zk.threshold.sharing import Quorum

LABEL = "guardians-"  # begins the name of an unfinished folder, after arrayfolder.UNFINISHED


def find_or_deal(folder: Path, members: int, threshold: int) -> Guardians:
    """The record of the guardians whose files are in the folder, the newest keys; dealt among them when there are none.

    Raises FormatError when the files are those of other guardians, or not of all of them.
    """
    found = guardianfile.here(folder)
    if not found:
        return record(_deal_all(folder, Quorum(threshold, members))[0])
    newest = [one for one in found if one.number == found[-1].number]
    if [one.index for one in newest] != list(newest[0].quorum.indices):
        raise FormatError(f"{folder} does not have all {newest[0].quorum.members} guardians' files")
    return record(newest[0])


def _deal_all(folder: Path, quorum: Quorum) -> tuple[Guardian, ...]:
    """Deals the first keys here; a folder that is new appears with all of their files or not at all."""
    if folder.is_dir() and any(folder.iterdir()):
        return deal_here(folder, quorum, 1)
    with arrayfolder.creating(folder, LABEL) as unfinished:
        return deal_here(unfinished, quorum, 1)


def record(guardian: Guardian) -> Guardians:
    """What a pool's parameters say about these guardians."""
    quorum = guardian.quorum
    return Guardians(
        number=guardian.number, threshold=quorum.threshold, members=quorum.members,
        encryption_key=guardian.decryption.group.public, signing_key=guardian.signing.group.public, stale_before=0,
    )  # fmt: skip


def deal_here(folder: Path, quorum: Quorum, number: int) -> tuple[Guardian, ...]:
    """Deals among guardians who are all on this machine, writes their files, and returns them.

    Raises FileExistsError rather than replace shares.
    """
    identities = [new_identity() for _ in quorum.indices]
    peers = tuple(Peer(public(identity), "") for identity in identities)
    dealers = {
        index: Dealer(quorum, index, tuple(peer.identity for peer in peers)) for index in quorum.indices
    }
    dealt = run_here(dealers)
    guardians = tuple(
        Guardian(number, index, identities[index - 1], peers, *dealt[index]) for index in quorum.indices
    )
    for guardian in guardians:
        guardianfile.write(folder, guardian)
    return guardians


def run_here(dealers: Mapping[int, Dealer]) -> dict[int, tuple[KeyShare, KeyShare]]:
    """The rounds among dealers in this process.  Raises InvalidProof as the dealers do."""
    hellos = {index: one.hello() for index, one in dealers.items()}
    announced = {index: one.announce(hellos) for index, one in dealers.items()}
    shared = {index: one.share(announced) for index, one in dealers.items()}
    complained = {
        index: one.complain({sender: shared[sender][index] for sender in dealers}) for index, one in dealers.items()
    }
    revealed = {index: one.reveal(complained) for index, one in dealers.items()}
    results = {index: one.finish(complained, revealed) for index, one in dealers.items()}
    confirmed = {index: dealer.confirmation(shares) for index, shares in results.items()}
    for own in confirmed.values():
        dealer.check_confirmations(own, confirmed)
    return results


def new_identity() -> bytes:
    """The secret of a fresh X25519 key."""
    return entropy.token(IDENTITY_BYTES)


def public(identity: bytes) -> bytes:
    """The public key of an identity."""
    return X25519PrivateKey.from_private_bytes(identity).public_key().public_bytes_raw()
