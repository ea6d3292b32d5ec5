"""Junk for a board: orders in which all is well but the proofs, which is the most that a stranger's order costs.

Everybody can make them: fresh accounts that never existed, under a known root, signed with keys of one's own, and the
proofs of somebody else's order.
"""

from collections.abc import Sequence
from dataclasses import replace

from prover.network.wire import postings
from prover.trader import assembly
from settlement.bundles import digests
from settlement.checks import checks
from settlement.fieldreader import Unseen
from settlement.ids import LedgerId
from zk import entropy
from zk.curves import babyjubjub
from zk.fields.prime import R


def make(ledger_id: LedgerId, honest: Sequence[bytes], count: int, now_ms: int) -> list[bytes]:
    """So many junk orders, after the form of honest ones."""
    return [_made(ledger_id, honest[number % len(honest)], now_ms) for number in range(count)]


def _made(ledger_id: LedgerId, data: bytes, now_ms: int) -> bytes:
    sent = postings.decode(data)
    leg = checks.decode_leg(sent.leg_bytes, Unseen())
    secret = 1 + entropy.scalar(babyjubjub.ORDER - 1)
    rk = babyjubjub.multiply_base(secret, babyjubjub.BASE8)
    public = replace(
        leg.public, nullifier=entropy.scalar(R), commitment=1 + entropy.scalar(R - 1), rk_x=rk[0], rk_y=rk[1]
    )  # fmt: skip
    false = assembly.signed(replace(leg, public=public), ledger_id, secret)
    order_id = digests.leg_id(ledger_id, false)
    return postings.encode(assembly.posting(false, order_id, sent.sealed_terms, b"", now_ms, secret))
