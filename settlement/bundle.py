"""Flows, legs and bundles: the data that settles, and its limits.

    flow    = (asset, signed amount, external party, reference)      deposit > 0, withdrawal < 0; belongs to one leg
    leg     = key, public inputs, proof, optional margin proof, flows, expiry, ciphertexts, signature under rk
    bundle  = ledger id, legs, binding signature, one attestation for each flow

These are plain data, which nothing here checks.  Their byte encoding is settlement.encoding, and only what its decoders
return is known to be well formed.
"""

from dataclasses import dataclass

from circuits.records import Amount, Commitment, GridRoot, Nullifier, Root
from circuits.statements import leg as leg_statement
from circuits.statements import margin as margin_statement
from settlement.ids import KeyDigest, LedgerId
from zk.groth16.keys import Proof
from zk.signature import Signature

MAX_LEGS = 32
MAX_FLOWS = 16
# Over all legs.  Each flow has a signature, whose point takes most of a millisecond to check.
MAX_BUNDLE_FLOWS = 64
MAX_CIPHERTEXTS = 2
MAX_PARTY_BYTES = 64
MAX_REFERENCE_BYTES = 64
MAX_AMOUNT = 2**63 - 1
# In the year 5138, which every calendar can still show.
MAX_EXPIRY_MS = 10**14
# Epochs are stored in signed 64-bit columns.
MAX_EPOCH = 2**63 - 1

# An X25519 key, a view tag, a plaintext of fixed length, and the tag of ChaCha20-Poly1305.
CIPHERTEXT_BYTES = 32 + 2 + 160 + 16


@dataclass(frozen=True)
class Flow:
    """An amount that enters or leaves the ledger.

    `amount` is in the asset's smallest unit, positive for a deposit and negative for a withdrawal, never zero and
    at most MAX_AMOUNT in absolute value.  `party` names the payer or payee outside, and `reference` the payment there:
    1 to MAX_REFERENCE_BYTES bytes, which the ledger accepts once for each asset.
    """

    asset: int
    amount: Amount
    party: bytes
    reference: bytes


@dataclass(frozen=True)
class Margin:
    """A margin proof for the new commitment of the leg that carries it.  `key` is the verifying key's digest."""

    key: KeyDigest
    grid_root: GridRoot
    epoch: int
    guardian: int
    proof: Proof


@dataclass(frozen=True)
class Leg:
    """One account's move.  `key` is the digest of the verifying key; `signature` is under rk, over leg_message."""

    key: KeyDigest
    public: leg_statement.Public[int]
    proof: Proof
    margin: Margin | None
    flows: tuple[Flow, ...]
    expiry_ms: int
    ciphertexts: tuple[bytes, ...]
    signature: Signature

    @property
    def root(self) -> Root:
        """A root of the tree that contains the old account."""
        return Root(self.public.root)

    @property
    def nullifier(self) -> Nullifier:
        """The nullifier of the old account."""
        return Nullifier(self.public.nullifier)

    @property
    def commitment(self) -> Commitment:
        """The commitment to the new account."""
        return Commitment(self.public.commitment)


@dataclass(frozen=True)
class Bundle:
    """Legs whose values add up to their flows.  `binding` signs bundle_message with the sum of their blindings.

    `attestations` has one entry for each flow, in the order of legs and flows: the signature of the asset's custodian
    (settlement.custody), or None while it is missing.
    """

    ledger_id: LedgerId
    legs: tuple[Leg, ...]
    binding: Signature
    attestations: tuple[Signature | None, ...]


def margin_public(leg: Leg, margin: Margin) -> margin_statement.Public[int]:
    """The public inputs of a leg's margin proof, which is about the leg's own new commitment."""
    return margin_statement.Public(leg.public.commitment, margin.grid_root, margin.epoch, margin.guardian)
