"""Proofs of funds for orders, true or not: the notary says which."""

from circuits import merkle, records
from circuits.statements import funds as statement
from settlement.bundles import digests
from settlement.bundles.bundle import Leg
from settlement.ledger import Ledger
from settlement.orders import funds
from settlement.orders.funds import Funds
from tests.simulation.notary import Notary
from tests.simulation.traders import Holding
from zk.hashes import quick


def order_funds(ledger: Ledger, notary: Notary, holding: Holding, order: Leg, asset: int, amount: int) -> bytes:
    """The holder's funds for an order: that the account holds so much of an asset, which need not be so."""
    position = holding.position or 0
    path = ledger.reader.path(position)
    commitment = holding.account.commitment(quick.hash)
    kappa = records.kappa(holding.account, holding.keys.nk)
    context = digests.order_context(digests.leg_id(ledger.ledger_id, order))
    public = statement.Public(
        root=merkle.path_root(path),
        nullifier=records.nullifier(quick.hash, kappa, commitment, position),
        context=context,
        thresholds=tuple(amount if i == asset else 0 for i in range(records.ASSETS)),
        tag=records.funds_tag(quick.hash, kappa, commitment, position, context),
    )
    private = statement.Private(holding.keys.ak, holding.keys.nk, holding.account, position, path)
    return funds.encode(Funds(ledger.pool.funds.digest, public, notary.prove("funds", public, private)))
