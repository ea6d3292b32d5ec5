"""The log of a ledger's events, in the formats of transparency logs.

Reading order: tree (RFC 6962's Merkle tree, and its proofs), note (texts signed with Ed25519), checkpoint (the size and
the root of the tree, signed by the operator), proofs (files with a proof and its checkpoint), cosignature (validators'
signatures, which make a checkpoint final), succession (another operator, whom the validators name), fork (evidence
against whoever signs two histories), tiles (the log as files that never change).

Whoever has a checkpoint and two proofs needs neither the ledger nor its operator: an inclusion proof shows that an
event is in the history that the checkpoint names, and a consistency proof that an earlier checkpoint's history is the
beginning of a later one's.
"""
