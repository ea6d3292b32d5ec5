"""The checks of a bundle, one function for each kind, in the order of the rejections.

Every function takes all legs, so that one leg's bad proof never hides another's spent nullifier, and so that the board
can run the very same functions on one leg.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Protocol, TypeVar

from circuits import generators
from circuits.records import Nullifier, Root
from settlement import balance, custody, digests, encoding, merkle
from settlement.bundle import Bundle, Leg
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import PublishedGrids
from settlement.ids import BundleId, LedgerId
from settlement.merkle import Tree
from settlement.pool import Pool
from settlement.rejection import Rejected, Rejection
from zk import signature
from zk.errors import FormatError, InvalidProof
from zk.groth16.keys import Claim

# A margin may be proved against the initial grid of either of the last two epochs.
GRID_WINDOW = 2

VerifyProofs = Callable[[list[Claim]], None]
T = TypeVar("T", Bundle, Leg)


class Reader(custody.Holdings, Protocol):
    """The queries that the checks make of a ledger."""

    def last_event(self) -> Event:
        """The newest event."""

    def tree(self) -> Tree:
        """The newest root and size."""

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""


class State(Protocol):
    """The state that a bundle is checked against: a ledger, or an audit's replay of one."""

    pool: Pool
    ledger_id: LedgerId

    @property
    def reader(self) -> Reader:
        """Answers the queries."""


@dataclass(frozen=True)
class Checked:
    """A bundle that passed every check.  Only settlement.engine.check makes one."""

    bundle: Bundle
    bundle_id: BundleId
    data: bytes


def decode_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes.  Raises Rejected: TOO_LARGE or MALFORMED."""
    return _decode(encoding.decode_bundle, data)


def decode_leg(data: bytes) -> Leg:
    """The leg in these bytes.  Raises Rejected: TOO_LARGE or MALFORMED."""
    return _decode(encoding.decode_leg, data)


def check_ledger_id(state: State, ledger_id: LedgerId) -> None:
    """Raises Rejected when the bundle was made for another ledger."""
    if ledger_id != state.ledger_id:
        theirs, ours = ledger_id.hex()[:16], state.ledger_id.hex()[:16]
        raise Rejected(Rejection.WRONG_LEDGER, f"the bundle is for ledger {theirs}, but this is {ours}")


def check_keys(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a proof names a verifying key other than the pool's for its statement."""
    leg_key, margin_key = state.pool.leg.digest, state.pool.margin.digest
    for number, leg in enumerate(legs):
        if leg.key != leg_key:
            raise Rejected(Rejection.UNKNOWN_KEY, f"leg {number} is proved under a key that is not the pool's")
        if leg.margin is not None and leg.margin.key != margin_key:
            raise Rejected(Rejection.UNKNOWN_KEY, f"leg {number} has a margin proof under a key that is not the pool's")


def check_clock(newest: Event, now_ms: int) -> None:
    """Raises Rejected when the clock is behind the newest event: otherwise what has expired could settle after it."""
    if now_ms < newest.created_ms:
        behind_ms = newest.created_ms - now_ms
        raise Rejected(Rejection.CLOCK_BEHIND, f"the clock is {behind_ms} ms behind the ledger's newest event")


def check_expiry(legs: Sequence[Leg], now_ms: int) -> None:
    """Raises Rejected when a leg has expired, which it has from `expiry_ms` on."""
    for number, leg in enumerate(legs):
        if leg.expiry_ms <= now_ms:
            raise Rejected(Rejection.EXPIRED, f"leg {number} expired {now_ms - leg.expiry_ms} ms ago")


def check_roots(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a leg names a root that the tree never had.

    An old root is as good as a new one: the tree only grows, and a nullifier is spent once whatever root it is under.
    """
    for number, leg in enumerate(legs):
        if not state.reader.is_known_root(leg.root):
            raise Rejected(Rejection.UNKNOWN_ROOT, f"leg {number} names a root that the tree never had")


def check_grids(state: State, legs: Sequence[Leg], now_ms: int) -> None:
    """Raises Rejected when a leg that may owe something has no margin proof, or one against an old grid."""
    has_margin = any(leg.margin is not None for leg in legs)
    published = fresh_grids(state, now_ms) if has_margin else []
    fresh = {(grids.initial_root, grids.publication.epoch) for grids in published}
    for number, leg in enumerate(legs):
        if leg.margin is not None:
            if (leg.margin.grid_root, leg.margin.epoch) not in fresh:
                raise Rejected(Rejection.STALE_GRID, f"leg {number} names a grid that is not one of the newest")
        elif leg.public.cash == 0:
            raise Rejected(Rejection.MARGIN_MISSING, f"leg {number} may owe something and has no margin proof")


def fresh_grids(state: State, now_ms: int) -> list[PublishedGrids]:
    """The grids that a margin proof may use: of the last GRID_WINDOW epochs, no older than the pool allows."""
    newest = state.reader.grids(GRID_WINDOW)
    return [grids for grids in newest if now_ms - grids.published_ms <= state.pool.parameters.limits.grid_age_ms]


def check_nullifiers(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when two legs spend one account, or a leg spends one that has already moved."""
    seen: dict[Nullifier, int] = {}
    for number, leg in enumerate(legs):
        first = seen.setdefault(leg.nullifier, number)
        if first != number:
            raise Rejected(Rejection.NULLIFIER_REPEATED, f"legs {first} and {number} spend the same account")
    for number, leg in enumerate(legs):
        if state.reader.is_spent(leg.nullifier):
            raise Rejected(Rejection.NULLIFIER_SPENT, f"leg {number} spends an account that has already moved")


def check_state(state: State, legs: Sequence[Leg], now_ms: int) -> None:
    """Runs the three checks whose answer another bundle or publication may change."""
    check_roots(state, legs)
    check_grids(state, legs, now_ms)
    check_nullifiers(state, legs)


def check_leg_signatures(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected unless every leg, exactly as it is and for this ledger, is signed under its rk."""
    for number, leg in enumerate(legs):
        rk = leg.public.rk_x, leg.public.rk_y
        try:
            signature.verify(rk, digests.leg_message(state.ledger_id, leg), leg.signature)
        except InvalidProof:
            raise Rejected(Rejection.LEG_SIGNATURE, f"leg {number} is not signed by its owner") from None


def check_binding(bundle: Bundle) -> None:
    """Raises Rejected unless the legs and flows add up and the bundle is signed with the sum of all blindings.

    A balance that is the identity is refused too, because anybody could sign under it.
    """
    key = balance.point(bundle.legs)
    try:
        signature.verify(key, digests.bundle_message(bundle), bundle.binding, generators.blinding())
    except InvalidProof:
        raise Rejected(Rejection.UNBALANCED, "the binding signature is not under a balance of zero") from None


def verify_proofs(claims: list[Claim]) -> None:
    """Verifies real proofs in one batch.  Raises InvalidProof whose `index` is the bad claim's."""
    from zk.groth16 import verifier  # loads the kernels, which only verification needs

    verifier.verify_batch(claims)


def check_proofs(state: State, legs: Sequence[Leg], verify: VerifyProofs) -> None:
    """Raises Rejected, naming the leg, when a leg's proof or its margin proof does not verify."""
    claims: list[Claim] = []
    labels: list[str] = []
    for number, leg in enumerate(legs):
        claims.append((state.pool.leg.verifying, astuple(leg.public), leg.proof))
        labels.append(f"leg {number}: its proof")
        if leg.margin is not None:
            claims.append((state.pool.margin.verifying, (leg.public.commitment,), leg.margin.proof))
            labels.append(f"leg {number}: its margin proof")
    try:
        verify(claims)
    except InvalidProof as error:
        assert error.index is not None, "a batch names its bad member"
        raise Rejected(Rejection.INVALID_PROOF, f"{labels[error.index]} does not verify") from None


def check_attestations(state: State, bundle: Bundle) -> None:
    """Raises Rejected unless the custodian of its asset signed every flow, in its leg and for this ledger."""
    custody.check_attestations(state.pool, bundle)


def check_references(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a flow has the reference of another flow of its asset, in the bundle or settled before."""
    custody.check_references(state.reader, state.pool, legs)


def check_custody(state: State, reserves: Reserves) -> None:
    """Raises Rejected when the flows take out more than the reserves; `reserves` are the reserves after the flows."""
    custody.check(reserves, state.pool)


def check_room(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when the tree has no room for the legs' new accounts."""
    size = state.reader.tree().size
    if size + len(legs) > merkle.CAPACITY:
        raise Rejected(
            Rejection.TREE_FULL, f"the tree has {size} of at most {merkle.CAPACITY} leaves, and {len(legs)} are new"
        )


def _decode(decode: Callable[[bytes], T], data: bytes) -> T:
    try:
        return decode(data)
    except encoding.LimitExceeded as error:
        raise Rejected(Rejection.TOO_LARGE, str(error)) from None
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None
