"""The hashes of many accounts at once: those that circuits.records defines, in the kernel of zk.hashes.batch."""

from collections.abc import Sequence
from typing import Any

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


def nullifiers(keys: Sequence[int], leaves: Sequence[int], positions: Sequence[Position]) -> list[Nullifier]:
    """The nullifier of each leaf at its position, under its nullifier key."""
    hash: Any = poseidon.hash if len(leaves) < MANY else _note
    found: list[Any] = [records.nullifier(hash, *one) for one in zip(keys, leaves, positions, strict=True)]
    return [Nullifier(value) for value in (found if hash is poseidon.hash else _hashes(found))]


def _note(inputs: Any, tag: int) -> Any:
    return inputs, tag


def _hashes(noted: list[Any]) -> list[int]:
    from zk.fields import array
    from zk.hashes import batch

    if not noted:
        return []
    rows, tag = [inputs for inputs, _ in noted], noted[0][1]
    words = array.encode(FR, (value for row in rows for value in row)).reshape(len(rows), len(rows[0]), WORDS)
    return array.decode(FR, batch.hash_many(words, tag))
