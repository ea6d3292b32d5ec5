"""Guardians: whoever holds a share of a pool's two guardian keys, and acts for margined accounts with the others.

Reading order: guardianfile (a guardian's secrets, and where the others are) · channel (authenticated, encrypted
messages between guardians) · network (who listens where) · dealer (the rounds of dealing both keys) · dealing (those
rounds on one machine).

Imports prover.trader and prover.proofs, never prover.operator or prover.cli.
"""
