"""escrow: the guardians can open the account inside a commitment, from a ciphertext that only its digest names here.

    commitment = H[ACCOUNT](account)        every balance in [-2^63, 2^63)
    GK on the curve                         e in [0, 2^251)
    E = e B8, S = e GK
    c = (owner, rho, packed balances) + Poseidon(TAG_STREAM, S.x, S.y, 0, ..., 0)[1 ...]
    digest = H[ESCROW](GK.x, GK.y, E.x, E.y, c_1, ..., c_8)

circuits/escrow.py has the formulas.  Both public inputs are bound by their hashes.  The verifier computes the digest
from the ciphertext that the leg carries and from the guardians' key of the day, so nothing else needs to be public.
Multiplication by e is complete: e = 0, and an S or a partial sum that is the identity, are no exceptions; they only
betray the secret of whoever chose them.  A cheat would

    seal nonsense, or another's opening        "digest": c is the account's opening plus the stream of S
    seal the opening to a key of his own       "digest": GK is hashed, and is the key of whoever compares
    seal balances that decrypt to others       "balances": 64 bits each, so a packed element has one reading
    leave the curve, where S is not gk E       "guardian key"
"""

from dataclasses import dataclass, field
from typing import Generic

from circuits import escrow, records
from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import babyjubjub as curve
from circuits.gadgets import poseidon, ranges
from circuits.records import BALANCE_BITS, Account, Hash, T
from circuits.statements.statement import SCALAR_BITS, Statement, is_kind, of_kind
from zk import domains
from zk.curves import babyjubjub
from zk.hashes import poseidon as host


@dataclass(frozen=True)
class Public(Generic[T]):
    """The public inputs of a proof of escrow."""

    commitment: T = field(metadata=of_kind("field"))
    digest: T = field(metadata=of_kind("field"))


@dataclass(frozen=True, repr=False)
class Private(Generic[T]):
    """The opened account, the ephemeral secret e, and the guardians' key GK."""

    account: Account[T]
    e: T = field(metadata=of_kind("scalar"))
    gk: tuple[T, T] = field(metadata=of_kind("field", 2))

    def __repr__(self) -> str:
        return "Private"


def relation(public: Public[int], private: Private[int], hash: Hash[int] = host.hash) -> str | None:
    """None when the claim is true, otherwise a phrase for its first false line."""
    account = private.account
    if public.commitment != account.commitment(hash):
        return "commitment"
    if not all(is_kind(balance, "i64") for balance in account.balances):
        return "balances"
    if not babyjubjub.is_on_curve(private.gk):
        return "guardian key"
    if not is_kind(private.e, "scalar"):
        return "ephemeral secret"
    escrowed = escrow.encrypt(account, private.e, private.gk)
    if public.digest != escrow.digest(private.gk, escrowed.ephemeral, escrowed.ciphertext, hash):
        return "digest"
    return None


def constrain(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """The same claim as constraints."""
    account, hash = private.account, poseidon.hasher(b)
    with b.scope("commitment"):
        b.equal(account.commitment(hash), public.commitment, "the commitment opens to the account")
    with b.scope("balances"):
        shifted = [
            ranges.signed(b, balance, width=BALANCE_BITS, why=f"balance {i} has 64 bits").signal
            for i, balance in enumerate(account.balances)
        ]
    with b.scope("guardian key"):
        gk = curve.on_curve(b, *private.gk, "the guardians' key is on the curve")
    with b.scope("ephemeral secret"):
        e = ranges.ranged(b, private.e, width=SCALAR_BITS, why="e has 251 bits")
    with b.scope("ephemeral point"):
        identity = curve.constant(b, babyjubjub.IDENTITY)
        ephemeral = curve.add_fixed(b, identity, e.bits, babyjubjub.BASE8)
    with b.scope("shared point"):
        shared = curve.multiply(b, e.bits, gk)
    with b.scope("stream"):
        tag, zero = b.constant(domains.TAG_STREAM), b.constant(0)
        stream = poseidon.permutation(b, escrow.stream_state(tag, (shared.x, shared.y), zero))[1:]
    with b.scope("digest"):
        texts = zip(escrow.message(account.owner, account.rho, shifted), stream, strict=True)
        ciphertext = [m + k for m, k in texts]
        expected = records.escrow_digest(hash, private.gk, (ephemeral.x, ephemeral.y), ciphertext)
        b.equal(expected, public.digest, "the digest is of the account's ciphertext for this key")


STATEMENT = Statement(
    "escrow", "the guardians can open the account inside a commitment", Public, Private, relation, constrain
)
