"""The hashes of many accounts at once: those that circuits.records defines, in the kernel of zk.hashes.batch."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from circuits import records
from circuits.records import Nullifier, Position
from zk.fields.prime import FR, WORDS
from zk.hashes import poseidon

MANY = 2048  # from here on the kernel is worth being loaded, which takes about a second


def commitments(accounts: Sequence[records.Account]) -> list[int]:
    """The commitment of each account."""
    if len(accounts) < MANY:
        return [account.commitment(poseidon.hash) for account in accounts]
    # The formula, asked with a hash that only notes its inputs and its tag.
    noted = [account.commitment(_note) for account in accounts]
    return _hashes(noted)


def nullifiers(kappas: Sequence[int], leaves: Sequence[int], positions: Sequence[Position]) -> list[Nullifier]:
    """The nullifier of each leaf at its position, under its kappa (records.kappa)."""
    hash: Any = poseidon.hash if len(leaves) < MANY else _note
    found: list[Any] = [records.nullifier(hash, *one) for one in zip(kappas, leaves, positions, strict=True)]
    return [Nullifier(value) for value in (found if hash is poseidon.hash else _hashes(found))]


class _Noted(NamedTuple):
    """What a formula would hash."""

    inputs: Any
    tag: int


def _note(inputs: Any, tag: int) -> _Noted:
    return _Noted(tuple(inputs), tag)


def _hashes(noted: Sequence[_Noted]) -> list[int]:
    """The hash of each; what a formula hashes first, inside another hash, is hashed for all of them first."""
    from zk.fields import array
    from zk.hashes import batch

    if not noted:
        return []
    columns: list[Sequence[Any]] = [
        _hashes(column) if isinstance(column[0], _Noted) else column
        for column in zip(*(each.inputs for each in noted), strict=True)
    ]
    values = (value for row in zip(*columns, strict=True) for value in row)
    words = array.encode(FR, values).reshape(len(noted), len(columns), WORDS)
    return array.decode(FR, batch.hash_many(words, noted[0].tag))
