"""A home's own copy of a ledger that somebody else operates, and the road on which it is kept up to date.

    checkpoint      signed by the operator of the pool; its root covers every event
    entries         the leaves since the last time: with the nodes that are here, they must have that root
    data            what was sent for them: every bundle, proof and price is checked as if it came here first
    kept            the checkpoint, in HOME/pool/checkpoint.txt; the next one must begin with it

All that the other side sees is which files of a log somebody read, and from where on: everybody who was here at the
same time reads the same.  It learns neither whose wallets are here nor what they look for.

An operator who shows another history than before has signed two that contradict each other; `update` writes both down
as evidence (settlement.log.fork), and takes neither.
"""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from prover.machine import files
from prover.network.mirrors import cutting, fetching
from prover.network.mirrors.cutting import Void
from prover.network.mirrors.fetching import Fetch
from prover.network.wire import succeeding
from settlement import events
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.following import finality, following, lightfollowing
from settlement.following.following import Received
from settlement.ledger import Ledger
from settlement.log import checkpoint, fork, note, succession, tiles, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.tiles import DATA, ENTRIES
from settlement.pool import poolfile
from settlement.pool.pool import Pool
from settlement.pool.validators import Validators
from zk.errors import FormatError, InvalidProof
from zk.runtime.progress import Progress, silent

KEPT = "checkpoint.txt"
FOLLOWING_S = 600  # for which a command waits for another that follows, which may have a long history before it
BATCH = 256
"""Events that are recorded in one transaction; their signatures and proofs are verified together."""


class Forked(InvalidProof):
    """The operator signed two histories that contradict each other.  `evidence` is the file that shows it."""

    def __init__(self, message: str, evidence: Path):
        super().__init__(message)
        self.evidence = evidence


@dataclass(frozen=True)
class Mirror:
    """A copy of a ledger in a folder, of which `fetch` reads the original.

    `void` has what was cut from it, because the validators have replaced the operator who settled it.
    """

    ledger: Ledger
    folder: Path
    fetch: Fetch
    void: list[Void] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many events the copy has."""
        return self.ledger.reader.last_event().height + 1

    def kept(self) -> str | None:
        """The newest checkpoint that the copy agreed with, signed, or None before the first."""
        return read_kept(self.folder)

    def update(
        self, verify_proofs: VerifyProofs = checks.verify_proofs, progress: Progress = silent
    ) -> Checkpoint:  # fmt: skip
        """Follows the ledger up to its newest checkpoint, and returns that.

        Raises FormatError and InvalidProof when what was fetched is malformed or not signed, Forked when it contradicts
        what was kept, errors.Discrepancy for an event that should have been refused, and what `fetch` raises.  The
        events before are recorded then.  Raises files.Busy when others follow for very long.
        """
        signed = decode_text(self.fetch("/checkpoint"))
        with self._alone():
            self._learn(signed)
            newest = finality.operators(self.ledger).verify(signed)
            start = self.size
            if newest.size <= start:
                self.require_beginning(newest, signed)
            else:
                self._follow(newest, self._leaves(newest, signed, start), start, verify_proofs, progress)
            if newest.size >= start and signed != self.kept():
                finality.keep_operators(self.ledger, signed)
                files.replace(self.folder / KEPT, signed.encode(), files.PUBLIC_FILE)
        return newest

    def learn(self) -> None:
        """Learns whom the validators have named as another operator, and cuts what the one before settled since.

        Raises as `update` does.
        """
        signed = decode_text(self.fetch("/checkpoint"))
        with self._alone():
            self._learn(signed)

    def _alone(self) -> AbstractContextManager[None]:
        """Held by who follows: of two commands of a home, the second would find each event settled already."""
        return files.locked(self.folder / KEPT, "the copy of the ledger", FOLLOWING_S)

    def _learn(self, signed: str) -> None:
        """Takes the successions that the service shows beside a checkpoint, which says how long its log is."""
        for text in succeeding.fetch(self.fetch):
            made = succeeding.find_new(self.ledger, text, self.folder)
            if made is None:
                continue
            size, members = checkpoint.parse(note.text_of(signed)).size, None
            if self.size < made.size <= size:
                members = self._validators(self._leaves_of(made.checkpoint, self.size, size), self.size, size)
            succeeding.check(self.ledger, text, made, members)
            if made.size < self.size:
                self.void.append(cutting.cut(self.ledger, self.folder, made.size))
                if (kept := self.folder / KEPT).exists():  # what the operator signed of it
                    kept.rename(self.void[-1].path.with_suffix(".txt"))
            self.ledger.witnessed.succeed(made.number, text)

    def _validators(self, leaves: Sequence[bytes], start: int, size: int) -> Validators:
        """The validators in force after these leaves, which follow the copy, as the governors have named them."""
        pool = self.ledger.pool
        announced = [settled.change for settled in self.ledger.reader.changes()]
        for place, leaf in enumerate(leaves, start=start):
            event = events.read(leaf)
            if event.kind == events.PARAMETERS:
                (data,) = self._read(DATA, place, place + 1, size)
                announced.append(lightfollowing.changed(pool, announced, event, data))
        return lightfollowing.in_force(pool, announced, events.read(leaves[-1]).created_ms).validators

    def require_beginning(self, newest: Checkpoint, signed: str) -> None:
        """Raises unless the copy begins with the checkpoint's history: a service may be behind another one."""
        if newest.root != tree.root(self.ledger.reader.log_node, newest.size):
            raise self._contradiction(newest, signed)

    def _leaves(self, newest: Checkpoint, signed: str, start: int) -> list[bytes]:
        """The leaves from the copy's end up to the checkpoint, whose root they have together with the copy's nodes."""
        try:
            return self._leaves_of(newest, start, newest.size)
        except InvalidProof:
            raise self._contradiction(newest, signed) from None

    def _leaves_of(self, named: Checkpoint, start: int, size: int) -> list[bytes]:
        """The leaves from the copy's end up to a checkpoint, in a log of this size.  Raises InvalidProof."""
        leaves = self._read(ENTRIES, start, named.size, size)
        log = tree.Growing(self.ledger.reader.log_node, start)
        for leaf in leaves:
            log.append(tree.leaf_hash(leaf))
        if log.root() != named.root:
            raise InvalidProof(f"the service's log of {named.size} events does not have the root that was signed")
        return leaves

    def _follow(
        self, newest: Checkpoint, leaves: list[bytes], start: int, verify_proofs: VerifyProofs, progress: Progress
    ) -> None:
        taken = 0
        for sent in fetching.sent(self.fetch, start, newest.size, BATCH):
            received = [Received(*one) for one in zip(leaves[taken : taken + len(sent)], sent, strict=True)]
            following.follow(self.ledger, received, verify_proofs)
            taken += len(sent)
            progress(taken, newest.size - start)

    def _read(self, row: str, start: int, end: int, size: int) -> list[bytes]:
        """The things of a row of files from `start` up to `end`, read as whole files of a log of `size` events."""
        found: list[bytes] = []
        for tile in takewhile(lambda tile: tile.first < end, tiles.covering(row, start, size)):
            things = tiles.split(tile, self.fetch(f"/{tile.path}"))
            found += things[max(start - tile.first, 0) : end - tile.first]
        return found

    def _contradiction(self, newest: Checkpoint, signed: str) -> InvalidProof:
        """What to raise about a checkpoint that is not of the copy's history: with evidence, if the operator signed it.

        It takes a kept checkpoint, and the nodes of the other history, from which the proof is made; an operator who
        does not show them has shown no history at all.
        """
        kept = self.kept()
        try:
            if kept is not None:
                return self._evidence(checkpoint.parse(note.text_of(kept)), kept, newest, signed)
        except (FormatError, InvalidProof):  # no evidence can be made of what there is
            pass
        return InvalidProof(
            f"the service's checkpoint of {newest.size} events is not of the history that is here, and what the"
            " service has of it does not lead to that checkpoint either: it is broken, or it lies. Nothing was taken"
        )

    def _evidence(self, older: Checkpoint, kept: str, newest: Checkpoint, signed: str) -> Forked:
        """Writes down that both checkpoints are signed and cannot be of one history.  Raises when they can."""
        if older.size <= newest.size:
            sizes, (smaller, larger) = (older.size, newest.size), (kept, signed)
            read = tiles.reading(lambda tile: self.fetch(f"/{tile.path}"), newest.size)
        else:
            sizes, (smaller, larger) = (newest.size, older.size), (signed, kept)
            read = self.ledger.reader.log_node
        evidence = fork.write(smaller, larger, tree.root(read, sizes[0]), tree.consistency_proof(read, *sizes))
        in_force = self.ledger.parameters(self.ledger.reader.last_event().created_ms)
        fork.verify(evidence, finality.operators(self.ledger).newest, in_force.validators)
        path = self.folder / f"fork-{hashlib.sha256(evidence.encode()).hexdigest()[:16]}.txt"
        files.replace(path, evidence.encode(), files.PUBLIC_FILE)
        return Forked(
            f"the operator has signed two histories that contradict each other, one of {sizes[0]} and one of"
            f" {sizes[1]} events. Nothing was taken; the evidence is in {path}, and `zksettle ledger accuse` checks it"
            " anywhere",
            path,
        )


def read_kept(folder: Path) -> str | None:
    """The newest signed checkpoint that the copy in this folder agreed with, or None."""
    path = folder / KEPT
    return path.read_text("utf-8") if path.exists() else None


def fetch_pool(fetch: Fetch) -> Pool:
    """The pool of the ledger behind a service.  Raises FormatError when it is malformed, and what `fetch` raises."""
    return poolfile.decode(fetch("/pool"))


def begin(place: Path, pool: Pool, fetch: Fetch) -> Ledger:
    """A new copy of the ledger of this pool, with the ledger's first event only.

    Raises FormatError when there is something at `place`, or what was fetched is malformed, InvalidProof when neither
    the pool's operator nor one whom the service calls a successor signed the checkpoint, and what `fetch` raises.
    """
    # Whether a quorum has signed the successions is seen when the copy goes so far; until then it has this event only.
    signers = succession.operators(checkpoint.key(pool), succeeding.fetch(fetch))
    newest = signers.verify(decode_text(fetch("/checkpoint")))
    first = next(tiles.covering(ENTRIES, 0, newest.size), None)
    if first is None:
        raise FormatError("the service's checkpoint is of no events at all")
    leaf, *_ = tiles.split(first, fetch(f"/{first.path}"))
    genesis = events.read(leaf)
    if (genesis.height, genesis.kind, genesis.body) != (0, events.GENESIS, poolfile.ledger_id(pool)):
        raise FormatError("the service's log does not begin with this pool's ledger")
    return Ledger.create(place, pool, genesis.created_ms)


def decode_text(data: bytes) -> str:
    """A text that was fetched.  Raises FormatError unless it is one."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise FormatError("what the service sent is not a text") from None
