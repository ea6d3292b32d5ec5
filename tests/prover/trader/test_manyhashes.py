"""Many hashes at once are those of circuits.records, one by one."""

import random

import pytest

from circuits import records
from prover.trader import manyhashes
from zk.fields.prime import R
from zk.hashes import poseidon


@pytest.mark.parametrize("many", [0, 1000])
def test_they_are_the_hashes_of_the_records(many, monkeypatch):
    monkeypatch.setattr(manyhashes, "MANY", many)
    draw = random.Random(11).randrange
    accounts = [
        records.Account(draw(R), tuple(draw(-(2**63), 2**63) for _ in range(8)), draw(2**64), draw(R)) for _ in range(5)
    ]
    leaves = [account.commitment(poseidon.hash) for account in accounts]
    assert manyhashes.commitments(accounts) == leaves
    keys, positions = [draw(R) for _ in accounts], [draw(2**32) for _ in accounts]
    expected = [records.nullifier(poseidon.hash, *one) for one in zip(keys, leaves, positions, strict=True)]
    assert manyhashes.nullifiers(keys, leaves, positions) == expected
    assert manyhashes.commitments([]) == manyhashes.nullifiers([], [], []) == []
