"""The public side: bundles, the ledger that settles them, oracles and risk grids.

Reading order: rejection, ids · wellformed, assets, boardrules, validators, rules, parameters, pool, poolfile,
fingerprint · bundle, encoding (with fieldreader, legfields, flowencoding, seizureencoding, references), bundlejson (for
people), digests, conversion, balance · merkle, log/, events · fixedpoint, black76, optionrisk, market, risk, grids,
cone, coverage, quotes, oracle · custody, publicaccounts, pot · state, margins, topups, proofclaims, signatures, checks,
effects, storage/, databases, remembered, block, ledger · proofbatches, bundlechecks, submitting · governance,
heartbeat, expiry, recording, amounts (as text), engine (the only writer) · funds, posting, withdrawals, board · replay,
replaying, comparison, orderaudit, cosignatureaudit, audit (errors: what it raises), following, finality · manybundles
(a block's) · ceremony/ (where the keys come from).
It never sees a secret and never makes a proof.  Imports zk and circuits, never prover.
"""
