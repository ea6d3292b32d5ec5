"""Proves that an account holds at least some amounts and owes nothing, in a context (settlement.funds).

Nothing moves, and the ledger learns nothing: only whoever is given the proof does.
"""

from collections.abc import Mapping

from circuits import records
from circuits.statements import funds as statement
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from prover.trader.plan import Source
from settlement.funds import Funds
from settlement.pool import Pool
from zk.hashes import poseidon


def prove(
    pool: Pool, source: Source, thresholds: Mapping[int, int], context: int, keystore: Keystore, *, is_named: bool
) -> Funds:
    """A proof that the account holds these amounts, by asset index; with `is_named` it shows the nullifier.

    Raises Unsatisfied when the account holds less or owes anything.
    """
    account, keys = source.account, source.keys
    commitment, kappa = account.commitment(poseidon.hash), records.kappa(account, keys.nk)
    nullifier = records.nullifier(poseidon.hash, kappa, commitment, source.position)
    public = statement.Public(
        root=source.root,
        nullifier=nullifier if is_named else statement.UNDISCLOSED,
        context=context,
        thresholds=tuple(thresholds.get(asset, 0) for asset in range(records.ASSETS)),
        tag=records.funds_tag(poseidon.hash, kappa, commitment, source.position, context),
    )
    private = statement.Private(keys.ak, keys.nk, account, source.position, source.path)
    return Funds(pool.funds.digest, public, pipeline.prove("funds", public, private, keystore))
