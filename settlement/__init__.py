"""The public side: bundles, the ledger that settles them, oracles and risk grids.

Reading order: rejection, ids · wellformed, assets, boardrules, parameters, pool, poolfile · bundle, encoding, digests,
balance · merkle, events, grids, custody · checks, effects, storage/, ledger · risk, amounts (as text), oracle · engine
(the only writer) · funds, board · replay, comparison, orderaudit, proofbatches, audit (errors: what it raises) ·
ceremony/ (where the keys come from).
It never sees a secret and never makes a proof.  Imports zk and circuits, never prover.
"""
