"""The readers of an order: to whom its maker seals the terms, and what a wallet can read of others' orders."""

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric import x25519

from circuits import generators
from prover.trader import addresses, keys, plan, sealing, terms
from prover.trader.addresses import Address
from prover.trader.terms import Terms
from settlement.bundles.bundle import Account, Leg
from settlement.orders import board
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof

EVERYBODY = "everybody"
"""Stands in the place of the readers' addresses for an order whose terms everybody may read."""


def addresses_of(texts: Sequence[str], named: Callable[[str], Address] = addresses.decode) -> tuple[Address, ...]:
    """The addresses to which an order's terms are sealed, from their texts, or from the one word EVERYBODY.

    `named` reads one text.  Raises FormatError as it does, when there is no text, and when EVERYBODY stands beside one.
    """
    if EVERYBODY in texts:
        if len(texts) > 1:
            raise FormatError(f"{EVERYBODY} stands alone: what everybody can read is sealed to nobody in particular")
        return (sealing.EVERYBODY_ADDRESS,)
    if not texts:
        raise FormatError(f"an order needs readers: name the addresses that may take it, or say {EVERYBODY}")
    return tuple(named(text) for text in texts)


def seal_terms(order_terms: Terms, readers: Sequence[Address], commitment: int) -> tuple[bytes, ...]:
    """One sealing of an order's terms for each of these readers, beside the commitment of the order's leg."""
    body = terms.encode(order_terms)
    return tuple(sealing.seal(body, reader, commitment) for reader in readers)


def open_terms(view: keys.View, order: board.Order) -> Terms | None:
    """The terms of an order, or None when they are sealed neither to the wallet of these keys nor to everybody.

    Raises InvalidProof when they open but their maker did not sign them, or they describe another trade than the leg's
    value commitment.
    """
    return _open(keys.viewing_key(view), order) or open_public_terms(order)


def open_public_terms(order: board.Order) -> Terms | None:
    """The terms of an order that everybody can read, or None for any other.  Raises as `open_terms`."""
    return _open(sealing.EVERYBODY, order)


def is_public(order: board.Order) -> bool:
    """Whether everybody can read what is sealed beside the order's leg, be it true or not."""
    opener = sealing.Opener(sealing.EVERYBODY)
    return any(opener.open(sealed, order.commitment) is not None for sealed in order.sealed_terms)


def _open(secret: x25519.X25519PrivateKey, order: board.Order) -> Terms | None:
    opener = sealing.Opener(secret)
    for sealed in order.sealed_terms:
        opened = opener.open(sealed, order.commitment)
        if opened is not None:
            return _check_terms(terms.decode(opened.body, order.expiry_ms), order)
    return None


def _check_terms(order_terms: Terms | None, order: board.Order) -> Terms:
    """Returns the terms.  Raises InvalidProof unless they are well formed, signed, and all that the leg does."""
    if order_terms is None:
        raise InvalidProof("the order's terms are malformed: do not take it")
    check_opening(order.leg, order_terms.changes, order_terms.blinding, "the order")
    try:
        board.check_signed(order)
    except Rejected as error:
        raise InvalidProof(f"{error.detail}: do not take it") from None
    return order_terms


def check_opening(leg: Leg, changes: plan.Changes, blinding: int, what: str) -> None:
    """Raises InvalidProof unless the leg makes exactly these changes, and pays no more than the pool's fee besides.

    `what` names the leg in the message: "the order".
    """
    if any(flow.account is not Account.FEE or flow.amount > 0 for flow in leg.flows):
        raise InvalidProof(f"{what} pays more than the pool's fee out of the trade: do not take it")
    total = tuple(map(sum, zip(changes, plan.flow_changes(leg.flows), strict=True)))
    if generators.commit(total, blinding) != (leg.public.value_x, leg.public.value_y):
        raise InvalidProof(f"{what}'s terms do not open its value commitment: do not take it")
