"""The public side: bundles, the ledger that settles them, oracles and risk grids.

Reading order: rejection · pool, bundle, encoding · merkle · ledger, engine · board · oracle, risk, custody · audit.
It never sees a secret and never makes a proof.  Imports zk and circuits, never prover.
"""
