"""The public side: bundles, the ledger that settles them, oracles and risk grids.

Reading order: rejection, errors, ids, wellformed, fieldreader · bundles/ (what settles) · pool/ (what was agreed) ·
risk/ (prices and grids), amounts (as text) · merkle, log/, events (the history) · custody, publicaccounts (what is
outside, and what is public) · storage/ (databases), databases · checks/ (what may settle) · remembered, block, stages,
ledger, submitting, engine (the only writer), snapshot · orders/ (the board) · audit/ (the history again) · following/
(copies) · ceremony/ (where the keys come from).
It never sees a secret and never makes a proof.  Imports zk and circuits, never prover.
"""
