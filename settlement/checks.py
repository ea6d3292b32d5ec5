"""The checks of a bundle, one function for each kind, in the order of the rejections.

Every function takes all legs, so that a leg's bad proof never hides another's spent nullifier, and a board can ask the
very same functions about one leg.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Protocol

from circuits import generators
from settlement import balance, bundle, custody, digests, encoding
from settlement.bundle import Bundle, Leg
from settlement.pool import Pool
from settlement.rejection import Rejected, Rejection
from zk import signature
from zk.errors import FormatError, InvalidProof
from zk.groth16.keys import Proof, VerifyingKey

ProofItem = tuple[VerifyingKey, tuple[int, ...], Proof]
VerifyProofs = Callable[[list[ProofItem]], None]


class State(custody.Holdings, Protocol):
    """What the checks ask of a ledger."""

    pool: Pool
    ledger_id: bytes

    def is_known_root(self, root: int) -> bool:
        """Whether the tree ever had this root."""

    def is_fresh_grid(self, grid_root: int, epoch: int, now_ms: int) -> bool:
        """Whether this is an initial grid that a new margin proof may still use."""

    def is_spent(self, nullifier: int) -> bool:
        """Whether an account with this nullifier has moved."""


@dataclass(frozen=True)
class Checked:
    """A bundle that passed every check.  Only settlement.engine.check makes one."""

    bundle: Bundle
    bundle_id: bytes
    data: bytes


def decode_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes.  Raises Rejected: TOO_LARGE or MALFORMED."""
    return _decoded(encoding.decode_bundle, data)


def decode_leg(data: bytes) -> Leg:
    """The leg in these bytes.  Raises Rejected: TOO_LARGE or MALFORMED."""
    return _decoded(encoding.decode_leg, data)


def check_ledger_id(state: State, ledger_id: bytes) -> None:
    """Raises Rejected when something was made for another ledger."""
    if ledger_id != state.ledger_id:
        raise Rejected(Rejection.WRONG_LEDGER, f"it is for ledger {ledger_id.hex()[:16]}, and this is another one")


def check_keys(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a proof names a verifying key that is not the pool's for its statement."""
    leg_key, margin_key = state.pool.leg.digest, state.pool.margin.digest
    for number, leg in enumerate(legs):
        if leg.key != leg_key:
            raise Rejected(Rejection.UNKNOWN_KEY, f"leg {number} is proved under a key that is not the pool's")
        if leg.margin is not None and leg.margin.key != margin_key:
            raise Rejected(Rejection.UNKNOWN_KEY, f"leg {number} has a margin proof under a key that is not the pool's")


def check_expiry(legs: Sequence[Leg], now_ms: int) -> None:
    """Raises Rejected when a leg's time is over.  At its expiry a leg is expired."""
    for number, leg in enumerate(legs):
        if leg.expiry_ms <= now_ms:
            raise Rejected(Rejection.EXPIRED, f"leg {number} expired {now_ms - leg.expiry_ms} ms ago")


def check_roots(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a leg's root is none that the tree ever had.

    An old root is as good as a new one: the tree only grows, and a nullifier is spent once whatever root it is under.
    """
    for number, leg in enumerate(legs):
        if not state.is_known_root(leg.public.root):
            raise Rejected(Rejection.UNKNOWN_ROOT, f"leg {number} is under a root that the tree never had")


def check_grids(state: State, legs: Sequence[Leg], now_ms: int) -> None:
    """Raises Rejected when a leg that may owe something has no margin proof, or one against an old grid."""
    for number, leg in enumerate(legs):
        if leg.margin is not None:
            if not state.is_fresh_grid(leg.margin.grid_root, leg.margin.epoch, now_ms):
                raise Rejected(Rejection.STALE_GRID, f"leg {number} names a grid that is not one of the newest")
        elif leg.public.cash == 0:
            raise Rejected(Rejection.MARGIN_MISSING, f"leg {number} may owe something and has no margin proof")


def check_nullifiers(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when two legs spend one account, or a leg spends one that has moved already."""
    seen: dict[int, int] = {}
    for number, leg in enumerate(legs):
        first = seen.setdefault(leg.public.nullifier, number)
        if first != number:
            raise Rejected(Rejection.NULLIFIER_REPEATED, f"legs {first} and {number} spend the same account")
    for number, leg in enumerate(legs):
        if state.is_spent(leg.public.nullifier):
            raise Rejected(Rejection.NULLIFIER_SPENT, f"leg {number} spends an account that has moved")


def check_state(state: State, legs: Sequence[Leg], now_ms: int) -> None:
    """The three checks whose answer another bundle or publication may change."""
    check_roots(state, legs)
    check_grids(state, legs, now_ms)
    check_nullifiers(state, legs)


def check_leg_signatures(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a leg is not signed, as it stands and for this ledger, under its rk."""
    for number, leg in enumerate(legs):
        rk = leg.public.rk_x, leg.public.rk_y
        try:
            signature.verify(rk, digests.leg_message(state.ledger_id, leg), leg.signature)
        except InvalidProof:
            raise Rejected(Rejection.LEG_SIGNATURE, f"leg {number} is not signed by its owner") from None


def check_binding(settled: Bundle) -> None:
    """Raises Rejected when the legs and flows do not add up, or nobody who knows every blinding signed the whole.

    A balance that is the identity is refused too, as such a key is everywhere: anybody could sign for it.
    """
    key = balance.point(settled.legs)
    try:
        signature.verify(key, digests.bundle_message(settled), settled.binding, generators.blinding())
    except InvalidProof:
        raise Rejected(Rejection.UNBALANCED, "the binding signature is not under a balance of zero") from None


def verify_proofs(items: list[ProofItem]) -> None:
    """One batched check of real proofs.  Raises InvalidProof whose `index` is the bad item's."""
    from zk.groth16 import verifier  # loads the kernels, which nothing but verifying needs

    verifier.verify_batch(items)


def check_proofs(state: State, legs: Sequence[Leg], verify: VerifyProofs) -> None:
    """Raises Rejected, naming the leg, when a leg's proof or its margin proof does not verify."""
    items: list[ProofItem] = []
    owners: list[tuple[int, str]] = []
    for number, leg in enumerate(legs):
        items.append((state.pool.leg.verifying, astuple(leg.public), leg.proof))
        owners.append((number, "proof"))
        if leg.margin is not None:
            public = astuple(bundle.margin_public(leg, leg.margin))
            items.append((state.pool.margin.verifying, public, leg.margin.proof))
            owners.append((number, "margin proof"))
    try:
        verify(items)
    except InvalidProof as error:
        assert error.index is not None, "a batch names its bad member"
        number, what = owners[error.index]
        raise Rejected(Rejection.INVALID_PROOF, f"leg {number}: its {what} does not verify") from None


def check_custody(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when the flows would take out more than is held."""
    custody.check(state, legs, tuple(asset.symbol for asset in state.pool.assets))


def _decoded(decode: Callable, data: bytes):
    try:
        return decode(data)
    except encoding.LimitExceeded as error:
        raise Rejected(Rejection.TOO_LARGE, str(error)) from None
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None
