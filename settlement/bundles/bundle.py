"""Flows, legs, seizures, conversions and bundles: the data that settles, and its limits.

    flow       = (asset, signed amount, account): into the leg > 0, out of it < 0; the account is outside or public
    leg        = body, proof, escrow proof, margin, signature under rk
    body       = key, public inputs, flows, expiry, companions, terms, ciphertexts, insurance mark, escrow
    seizure    = body, proof, signature of the guardians; body = key, public inputs, epoch, expiry, companions
    conversion = claim, point, proof
    bundle     = ledger id, legs, seizures, conversions, binding signature, attestations

These are plain data, which nothing here checks.  Their byte encoding is settlement.bundles.encoding, and only what its
decoders return is known to be well formed.  """

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from circuits.records import Amount, Commitment, Nullifier, Root
from circuits.statements import leg as leg_statement
from settlement.ids import KeyDigest, LedgerId
from zk.curves.babyjubjub import Point
from zk.groth16.keys import Proof
from zk.signature import Signature

MAX_LEGS = 32
MAX_SEIZURES = 16
MAX_CONVERSIONS = 8
MAX_FLOWS = 16
# Over all legs.  Each flow has a signature, whose point takes most of a millisecond to check.
MAX_BUNDLE_FLOWS = 64
MAX_CIPHERTEXTS = 2
MAX_PARTY_BYTES = 64
MAX_REFERENCE_BYTES = 64
MAX_AMOUNT = 2**63 - 1
# In the year 5138, which every calendar can still show.
MAX_EXPIRY_MS = 10**14
# Periods, of which an epoch has four (settlement.checks.topups), are stored in signed 64-bit columns.
MAX_PERIOD = 2**63 - 1
MAX_EPOCH = 2**61 - 1
ESCROW_ELEMENTS = 8
GUARD_BYTES = 4
PERIOD_BYTES = 8

# An X25519 key, a view tag, a plaintext of fixed length, and the tag of ChaCha20-Poly1305.
CIPHERTEXT_BYTES = 32 + 2 + 224 + 16

NO_DIGEST = bytes(32)
"""Stands for the companions of a leg that asks for none, and may stand for the terms of a leg that is no order."""


class Account(IntEnum):
    """Where a flow comes from or goes to: outside, where custodians hold assets, or a public account of the ledger."""

    OUTSIDE = 0
    FEE = 1
    INSURANCE = 2
    POT = 3


@dataclass(frozen=True)
class Flow:
    """An amount that enters a leg from `account`, or leaves the leg for it.

    `amount` is in the asset's smallest unit, positive into the leg and negative out of it, never zero and at most
    MAX_AMOUNT in absolute value.

    Outside, `party` names the payer or payee, and `reference` the payment there in its canonical spelling
    (settlement.bundles.references), which the ledger accepts once for each asset.  Of a public account the party is
    empty, and so is the reference, except for a fee that pays for an order: then it is the order's id.  """

    asset: int
    amount: Amount
    account: Account
    party: bytes
    reference: bytes


@dataclass(frozen=True)
class Escrow:
    """The opening of a leg's new commitment, encrypted to the guardians (circuits.escrow), and the proof that it is."""

    key: KeyDigest
    ephemeral: Point
    ciphertext: tuple[int, ...]
    proof: Proof


@dataclass(frozen=True)
class Margin:
    """A proof that the new account of a leg survives the grid of an epoch: initial, or maintenance for insurance.

    It is no part of the leg's body, so whoever knows the opening may replace it by one of a later epoch.
    """

    key: KeyDigest
    epoch: int
    proof: Proof


@dataclass(frozen=True)
class Leg:
    """One account's move.  `key` is the digest of the verifying key; `signature` is under rk, over leg_message.

    `companions` is the digest of the commitments of everything that must stand beside the leg (digests.companions), and
    `terms` the digest of an order's sealed terms (digests.terms); either may be NO_DIGEST.  `is_insurance` marks a leg
    of the insurance account, whose margin is against the maintenance grid.
    """

    key: KeyDigest
    public: leg_statement.Public[int]
    proof: Proof
    escrow: Escrow | None
    margin: Margin | None
    flows: tuple[Flow, ...]
    expiry_ms: int
    companions: bytes
    terms: bytes
    ciphertexts: tuple[bytes, ...]
    is_insurance: bool
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
class SeizurePublic:
    """The public inputs of the seize statement that are a seizure's own; the others follow from its epoch."""

    root: int
    nullifier: int
    commitment: int
    value_x: int
    value_y: int
    stale_before: int


@dataclass(frozen=True)
class Seizure:
    """The end of a margined account in breach; the guardians sign it instead of its owner.

    `epoch` is the one whose maintenance grid and prices the proof is about.  `companions` is as of a leg, and here it
    is required: otherwise whoever knows the value's blinding could take the portfolio over.
    """

    key: KeyDigest
    public: SeizurePublic
    epoch: int
    proof: Proof
    expiry_ms: int
    companions: bytes
    signature: Signature

    @property
    def root(self) -> Root:
        """A root of the tree that contains the seized account."""
        return Root(self.public.root)

    @property
    def nullifier(self) -> Nullifier:
        """The nullifier of the seized account."""
        return Nullifier(self.public.nullifier)

    @property
    def commitment(self) -> Commitment:
        """The commitment to what is left to the owner."""
        return Commitment(self.public.commitment)


@dataclass(frozen=True)
class ConversionProof:
    """A Schnorr proof over two bases: the commitment to its randomness, and one response for each base."""

    r: Point
    z_amount: int
    z_blinding: int


@dataclass(frozen=True)
class Conversion:
    """An expired claim turns into another at its published rate (settlement.bundles.conversion); the amount is hidden.

    `claim` is the expired asset, `point` is amount·K + blinding·H.
    """

    claim: int
    point: Point
    proof: ConversionProof


Move = Leg | Seizure
"""What spends an account and makes a new one."""


@dataclass(frozen=True)
class Bundle:
    """Legs and seizures whose values add up to flows and conversions.

    `binding` signs bundle_message with the sum of their blindings.  `attestations` has one entry for each flow, in the
    order of legs and flows, and then one for each leg of the insurance: a signature (settlement.custody), or None
    where none is needed or while it is missing.
    """

    ledger_id: LedgerId
    legs: tuple[Leg, ...]
    seizures: tuple[Seizure, ...]
    conversions: tuple[Conversion, ...]
    binding: Signature
    attestations: tuple[Signature | None, ...]

    @property
    def moves(self) -> tuple[Move, ...]:
        """The legs and then the seizures: the order of nullifiers and of new leaves."""
        return (*self.legs, *self.seizures)


def name(bundle_legs: int, number: int) -> str:
    """A move of a bundle in a message: its legs are counted from 0, and so are its seizures."""
    return f"leg {number}" if number < bundle_legs else f"seizure {number - bundle_legs}"


def flows(legs: Iterable[Leg]) -> Iterator[tuple[int, int, Flow]]:
    """(leg, flow's number in it, flow) of every flow, in order."""
    return ((number, index, flow) for number, leg in enumerate(legs) for index, flow in enumerate(leg.flows))
