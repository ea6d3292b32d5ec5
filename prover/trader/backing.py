"""Backs an order with a proof of funds (settlement.funds), when its account holds what the pool's board asks.

It costs the maker one more proof of the leg statement, and the board one more verification, beside 625 bytes.
"""

from dataclasses import replace

from circuits import generators
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from prover.trader import assembly, plan
from prover.trader.plan import Setting, Source, Target
from settlement import amounts, digests
from settlement import funds as proofs_of_funds
from settlement.bundle import NO_DIGEST, Leg
from settlement.funds import Funds
from settlement.ids import OrderId
from settlement.pool import Pool
from zk import signature
from zk.errors import Unsatisfied


def choose(pool: Pool, balances: plan.Changes, *, is_wanted: bool) -> int | None:
    """The asset that backs an order of an account with these balances, the numeraire first; None for no backing.

    Raises Unsatisfied when the pool's board takes only orders that are backed, and this one would not be.
    """
    accepted = [asset for asset, threshold in enumerate(pool.parameters.board.funds) if threshold]
    if is_wanted and min(balances) >= 0:
        for asset in accepted:
            if balances[asset] >= pool.parameters.board.funds[asset]:
                return asset
    if pool.parameters.board.funds_required:
        asked = " or ".join(amounts.show(pool.parameters.board.funds[asset], pool.assets[asset]) for asset in accepted)
        raise Unsatisfied(
            f"the board of this pool takes only orders that are backed: from an account that owes nothing and holds "
            f"at least {asked}"
        )
    return None


def prove(
    setting: Setting, source: Source, target: Target, asset: int, order_id: OrderId, keystore: Keystore
) -> bytes:
    """The bytes of the funds that back this order: the account at `source` holds the board's amount of the asset."""
    pool = setting.pool
    paid = plan.changes({asset: pool.parameters.board.funds[asset]}, {})
    leg_plan = plan.move(setting, source, target, paid, proofs_of_funds.EXPIRY_MS, num_fees=0)
    proof = pipeline.prove("leg", leg_plan.public, leg_plan.private, keystore)
    unsigned = Leg(
        key=pool.leg.digest, public=leg_plan.public, proof=proof, escrow=None, margin=None, flows=(),
        expiry_ms=proofs_of_funds.EXPIRY_MS, companions=NO_DIGEST, terms=NO_DIGEST, ciphertexts=(),
        is_insurance=False, signature=assembly.UNSIGNED,
    )  # fmt: skip
    message = digests.funds_message(order_id, asset, unsigned)
    opening = signature.sign(leg_plan.blinding, message, generators.blinding())
    return proofs_of_funds.encode(Funds(asset, replace(unsigned, signature=opening)))
