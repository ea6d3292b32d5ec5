"""Guardians: whoever holds a share of a pool's two guardian keys, and acts for margined accounts with the others.

Reading order: guardianfile (a guardian's secrets, and where the others are) · channel (authenticated, encrypted
messages between guardians) · network (who listens where) · dealer (the rounds of dealing both keys) · dealing (those
rounds on one machine) · view (what guardians see) · drafts (what they do, before proofs) · insurance (drafts of its
account) · selling (what it took over) · rules (what one signs) · recovery (early expiry) · wire, member (a guardian's
answers) · asking (several at once) · group (t of n together) · opening (what is opened when) · staff (who acts here) ·
acting (proves, has signed, submits) · step, watch (one step of watching) · ledgers, office (all of it for a home) ·
meeting (dealing among separate machines).

Imports prover.trader and prover.proofs, never prover.operator or prover.cli.
"""
