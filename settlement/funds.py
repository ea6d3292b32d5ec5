"""Proof of funds: the account that an order would move holds a threshold T of one asset and owes nothing.

It is a proof of the leg statement for a leg that nobody ever signs: the same old account, hence the same nullifier,
pays exactly T of the asset and becomes a cash account:

    value = Σ_i Δ_i·G_i + r·H          cash = 1, so every new balance is at least 0
    key   = value + T·G_asset          a multiple of H exactly when Δ is −T of the asset and 0 of every other

Nobody knows a relation between the bases, and every |Δ_i| is below 2^65.  So a signature under `key` with base H, which
only who knows r can make, shows that the old balance of the asset was at least T, and every other at least 0.  An
account that comes from nothing (genesis) holds zeros and cannot make it.

    funds = asset 1 │ leg, as settlement.encoding has it, with expiry 0, cash 1, no margin, flows or ciphertexts

and in the place of the owner's signature the one under `key`.  It covers the order's id, so it backs no other order.
It cannot settle: its leg has expired from the beginning, and no signature under its rk exists.

A reader learns that the account holds at least T of the asset and owes nothing, and nothing else: the new commitment
is to an account that never comes to be.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass

from circuits import generators
from circuits.records import Root
from settlement import digests, encoding
from settlement.bundle import Leg
from settlement.ids import OrderId
from settlement.pool import Pool
from zk import signature
from zk.curves import babyjubjub
from zk.errors import FormatError, InvalidProof
from zk.groth16.keys import Claim

EXPIRY_MS = 0
NO_FUNDS = b""
"""Stands for the funds of an order that is not backed."""


@dataclass(frozen=True)
class Funds:
    """The index of the asset, and the leg that would pay the threshold of it."""

    asset: int
    leg: Leg


def encode(funds: Funds) -> bytes:
    """The canonical bytes."""
    return bytes([funds.asset]) + encoding.encode_leg(funds.leg)


def decode(data: bytes) -> Funds:
    """The funds in these bytes.  Raises FormatError as encoding.decode_leg, and for a leg that could settle."""
    if not data:
        raise FormatError("the proof of funds is empty")
    leg = encoding.decode_leg(data[1:], "the proof of funds")
    if data[0] >= len(generators.assets()):
        raise FormatError(f"the proof of funds is for asset {data[0]}, which no pool has")
    if leg.expiry_ms != EXPIRY_MS or not leg.public.cash or leg.flows or leg.ciphertexts:
        raise FormatError("the proof of funds is not a cash leg without expiry, flows and ciphertexts")
    return Funds(data[0], leg)


def asset_of(data: bytes) -> int | None:
    """The index of the asset that an order's funds are of, or None for an order without funds."""
    return data[0] if data else None


def key(funds_leg: Leg, asset: int, threshold: int) -> babyjubjub.Point:
    """The value of the leg plus the threshold of the asset: a multiple of H when it pays exactly this."""
    value = funds_leg.public.value_x, funds_leg.public.value_y
    return babyjubjub.add(value, babyjubjub.multiply(threshold, generators.assets()[asset]))


def check(
    pool: Pool, order_id: OrderId, order_leg: Leg, funds: Funds, is_known_root: Callable[[Root], bool],
    verify_proofs: Callable[[list[Claim]], None],
) -> None:  # fmt: skip
    """Raises InvalidProof, saying why, unless the funds back the order with this id and leg in this pool."""
    threshold, leg = pool.parameters.board.funds[funds.asset], funds.leg
    if not threshold:
        raise InvalidProof(f"the board does not take {pool.assets[funds.asset].symbol} as funds")
    if leg.nullifier != order_leg.nullifier:
        raise InvalidProof("the funds are of another account than the order")
    if leg.key != pool.leg.digest:
        raise InvalidProof("the funds are proved under a key that is not the pool's")
    if not is_known_root(leg.root):
        raise InvalidProof("the funds name a root that the tree never had")
    message = digests.funds_message(order_id, funds.asset, leg)
    try:
        signature.verify(key(leg, funds.asset, threshold), message, leg.signature, generators.blinding())
    except InvalidProof:
        raise InvalidProof("the funds are not the board's threshold, or are for another order") from None
    try:
        verify_proofs([(pool.leg.verifying, astuple(leg.public), leg.proof)])
    except InvalidProof:
        raise InvalidProof("the proof of the funds does not verify") from None
