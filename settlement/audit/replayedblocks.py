"""Many bundles of a history, checked again together: what replaying.entry does of one, in a third of the time.

    this thread       decodes all, and checks each against the state after those before it
    another thread    sums up their signatures and verifies their proofs, a few hundred at a time

It only says that all is well.  When anything is not, whoever asked goes through the bundles one by one, so that what is
said of the first false one is what is always said of it (settlement.following.following, settlement.audit.audit).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from settlement.block import Block
from settlement.bundles import digests
from settlement.bundles.bundle import Bundle
from settlement.checks import bundlechecks, checks, effects, proofclaims, signatures
from settlement.checks.proofclaims import Sealed
from settlement.checks.signatures import Signed
from settlement.checks.state import Checked, VerifyProofs
from settlement.events import Event
from settlement.ids import BundleId
from settlement.rejection import Rejected
from settlement.storage.rows import BundleEntry
from zk.errors import FormatError, InvalidProof
from zk.groth16.keys import Claim

BUNDLES = 256
"""Bundles that are worth replaying together; of more, the tree's nodes and the rows are only in the way."""

CLAIMS = 256
"""Proofs in a batch: what a batch costs once is small beside them."""


class NotSure(Exception):
    """Something is wrong with one of the bundles, or they are not what comes next."""


@dataclass(frozen=True)
class Listed:
    """A bundle of a history: the event that it must make, but for the digest; its id, and its bytes."""

    event: Event
    bundle_id: BundleId
    data: bytes


def entries(block: Block, listed: Sequence[Listed], verifying: "Verifying") -> Iterator[BundleEntry]:
    """The rows of bundles that come next in the block, each of which is to be added to it before the next is asked for.

    Raises NotSure; and so may the end of `verifying`.
    """
    bundles = [_sound(one) for one in checks.decode_bundles([one.data for one in listed])]
    block.foresee([(bundle, one.bundle_id) for bundle, one in zip(bundles, listed, strict=True)])
    block.expect(bundles)
    for one, bundle in zip(listed, bundles, strict=True):
        try:
            entry = _entry(block, one, bundle, verifying)
        except (Rejected, FormatError) as error:
            raise NotSure from error
        if entry.event.leaf != one.event.leaf or entry.bundle_id != one.bundle_id:
            raise NotSure
        yield entry


def _sound(decoded: Bundle | Rejected) -> Bundle:
    if isinstance(decoded, Rejected):
        raise NotSure from decoded
    return decoded


def _entry(block: Block, one: Listed, bundle: Bundle, verifying: "Verifying") -> BundleEntry:
    now_ms = one.event.created_ms
    proofless = bundlechecks.before_proofs(block, block.last_event(), bundle, now_ms)
    verifying.collect(proofless.signed, [claim for _, claim in proofless.claims])
    settling = bundlechecks.after_proofs(block, proofless.parameters, bundle)
    checked = Checked(bundle, digests.bundle_id(bundle), one.data, proofless.parameters)
    return effects.entry(block, checked, settling, now_ms, block.append)


class Verifying:
    """Verifies signatures and proofs in another thread while this one goes on.  A context, whose end raises NotSure
    when one is not valid.  `count` counts the proofs."""

    def __init__(self, verify: VerifyProofs):
        self.count = 0
        self._verify = verify
        self._signed: list[Signed] = []
        self._claims: list[Claim | Sealed] = []
        self._verdicts: list[Future[bool]] = []
        self._thread = ThreadPoolExecutor(1, "zksettle-verifying")  # apart from the kernels' pool, on which it waits

    def collect(self, signed: Sequence[Signed], claims: Sequence[Claim | Sealed]) -> None:
        """Takes what must be valid."""
        self._signed += signed
        self._claims += claims
        self.count += len(claims)
        if len(self._claims) >= CLAIMS:
            self._start()

    def __enter__(self) -> "Verifying":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._thread:
            if kind is None:
                if self._signed or self._claims:
                    self._start()
                if not all(verdict.result() for verdict in self._verdicts):
                    raise NotSure

    def _start(self) -> None:
        self._verdicts.append(self._thread.submit(_are_valid, self._signed, self._claims, self._verify))
        self._signed, self._claims = [], []


def _are_valid(signed: list[Signed], claims: list[Claim | Sealed], verify: VerifyProofs) -> bool:
    if signatures.rejections(signed):
        return False
    try:
        verify(proofclaims.hashed(claims))
    except InvalidProof:
        return False
    return True
