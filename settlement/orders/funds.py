"""Proofs of funds: an account of the ledger held at least some amounts at some time, and owed nothing.

A proof of the statement `funds`, in a context.  What it says, and what it does not:

    the account was in the tree under `root`      it existed then; whether it was spent since, only its nullifier tells
    it shows its nullifier, or hides it           a hidden one cannot be looked up among the spent ones
    every balance was at least its threshold      none was negative, whatever the threshold
    `tag` belongs to the account and the context  who sees one tag twice in a context has seen one account twice

A context is a number that a verifier chooses: for an order on the board, the digest of its id; for what people agree
on in words, the digest of the ledger's id and of their text.  A proof for one context is none for another.

    funds = "zkF1" │ key 32 │ root │ nullifier │ context, 32 each │ thresholds, 16 of 8 │ tag 32 │ proof 256

An order's funds show the nullifier of the order's own account, and of one asset exactly what the board asks.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from circuits import records
from circuits.records import Root
from circuits.statements import funds as statement
from circuits.statements.statement import inputs
from settlement.bundles import digests
from settlement.bundles.bundle import MAX_AMOUNT, Leg
from settlement.fieldreader import DIGEST_BYTES, FieldReader, Points
from settlement.ids import KeyDigest, LedgerId, OrderId
from settlement.pool.boardrules import BoardRules
from settlement.pool.pool import Pool
from zk.errors import FormatError, InvalidProof
from zk.fields import prime
from zk.groth16 import keys
from zk.groth16.keys import Claim, Proof

MAGIC = b"zkF1"
MAX_CONTEXT_CHARACTERS = 256
NO_FUNDS = b""
"""Stands for the funds of an order that is not backed."""

_AMOUNT_BYTES = 8
_THRESHOLDS_AT = len(MAGIC) + DIGEST_BYTES + 3 * 32
_TAG_AT = _THRESHOLDS_AT + records.ASSETS * _AMOUNT_BYTES
FUNDS_BYTES = _TAG_AT + 32 + keys.PROOF_BYTES


@dataclass(frozen=True)
class Funds:
    """A proof of funds, and the digest of the key that it is proved under."""

    key: KeyDigest
    public: statement.Public[int]
    proof: Proof


def context(ledger_id: LedgerId, text: str) -> int:
    """The context that people name by a text, on one ledger.  Raises FormatError for a text that two could misread."""
    if not text or text != text.strip() or not text.isprintable() or unicodedata.normalize("NFC", text) != text:
        raise FormatError("the context must be a line of printable text, without blanks at its ends")
    if len(text) > MAX_CONTEXT_CHARACTERS:
        raise FormatError(f"the context has {len(text)} characters, more than {MAX_CONTEXT_CHARACTERS}")
    return digests.text_context(ledger_id, text)


def encode(funds: Funds) -> bytes:
    """The canonical bytes, FUNDS_BYTES of them."""
    public = funds.public
    elements = b"".join(map(prime.to_bytes, (public.root, public.nullifier, public.context)))
    thresholds = b"".join(amount.to_bytes(_AMOUNT_BYTES, "big") for amount in public.thresholds)
    tag, proof = prime.to_bytes(public.tag), keys.encode_proof(funds.proof)
    return b"".join((MAGIC, funds.key, elements, thresholds, tag, proof))


def decode(data: bytes, points: Points | None = None) -> Funds:
    """The funds in these bytes.  Raises FormatError for what the format does not allow.

    With `points`, these take the proof's, and nothing looks at them.
    """
    reader = FieldReader(data, "the proof of funds", points)
    reader.magic(MAGIC, {})
    key = KeyDigest(reader.digest("key"))
    root, nullifier, context = (reader.element(name) for name in ("root", "nullifier", "context"))
    thresholds = tuple(
        reader.number(_AMOUNT_BYTES, f"threshold {asset}", most=MAX_AMOUNT) for asset in range(records.ASSETS)
    )
    public = statement.Public(root, nullifier, context, thresholds, reader.element("tag"))
    funds = Funds(key, public, reader.proof("proof"))
    reader.finish()
    return funds


def shown(data: bytes) -> tuple[int, int] | None:
    """(asset, amount) that an order's funds show, or None for an order without funds."""
    amounts = (
        int.from_bytes(data[at : at + _AMOUNT_BYTES], "big") for at in range(_THRESHOLDS_AT, _TAG_AT, _AMOUNT_BYTES)
    )
    return next(((asset, amount) for asset, amount in enumerate(amounts) if amount), None)


def verify(
    pool: Pool, funds: Funds, is_known_root: Callable[[Root], bool], verify_proofs: Callable[[list[Claim]], None]
) -> None:
    """Raises InvalidProof, saying why, unless the funds are proved for a root of this pool's ledger."""
    if funds.key != pool.funds.digest:
        raise InvalidProof("the funds are proved under a key that is not the pool's")
    if not is_known_root(Root(funds.public.root)):
        raise InvalidProof("the funds name a root that the tree never had")
    try:
        verify_proofs([(pool.funds.verifying, tuple(inputs(funds.public)), funds.proof)])
    except InvalidProof:
        raise InvalidProof("the proof of the funds does not verify") from None


def check(
    pool: Pool, rules: BoardRules, order_id: OrderId, order_leg: Leg, funds: Funds,
    is_known_root: Callable[[Root], bool], verify_proofs: Callable[[list[Claim]], None],
) -> None:  # fmt: skip
    """Raises InvalidProof, saying why, unless the funds back the order with this id and leg by the board's rules."""
    public = funds.public
    if public.context != digests.order_context(order_id):
        raise InvalidProof("the funds are for another order")
    if public.nullifier != order_leg.nullifier:
        raise InvalidProof("the funds are of another account than the order")
    held = {asset: amount for asset, amount in enumerate(public.thresholds) if amount}
    if len(held) != 1:
        raise InvalidProof("the funds are not of one asset")
    ((asset, amount),) = held.items()
    if not rules.funds[asset]:
        raise InvalidProof(f"the board does not take {pool.assets[asset].symbol} as funds")
    if amount != rules.funds[asset]:
        raise InvalidProof("the funds are not the board's threshold")
    verify(pool, funds, is_known_root, verify_proofs)
