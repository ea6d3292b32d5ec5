"""Identifiers on a ledger, 32 bytes each, as types that must not be mixed."""

from typing import NewType

LedgerId = NewType("LedgerId", bytes)
"""The digest of a pool's bytes (settlement.pool.poolfile)."""

KeyDigest = NewType("KeyDigest", bytes)
"""The digest of a verifying key (settlement.pool.pool.StatementKey)."""

BundleId = NewType("BundleId", bytes)
"""The digest of a bundle's content without proofs and signatures (settlement.bundles.digests)."""

OrderId = NewType("OrderId", bytes)
"""The id of the order's leg (settlement.bundles.digests.leg_id)."""
