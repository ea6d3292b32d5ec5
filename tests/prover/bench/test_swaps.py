"""Swaps with simulated proofs settle like any other, and a proof of something else does not verify."""

from dataclasses import replace

import pytest

from prover.bench import simulated, swaps
from settlement import engine
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.rejection import Rejection
from zk.errors import InvalidProof
from zk.groth16 import second_opinion, verifier

NOW_MS = 1_800_000_000_000
OPERATOR = bytes(range(32))


@pytest.fixture(scope="module")
def made():
    return simulated.pool(OPERATOR, NOW_MS)


@pytest.fixture
def ledger(made, tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", made.pool, NOW_MS) as created:
        engine.publish(created, made.quotes(created, NOW_MS), NOW_MS)
        yield created


def test_swaps_settle_under_all_checks(made, ledger):
    root, newest = ledger.reader.tree().root, ledger.reader.grids(1)[0].publication
    sent = swaps.plain(made, root, 3, NOW_MS) + swaps.margined(made, root, 3, NOW_MS, newest)
    receipts = engine.submit_all(ledger, sent, NOW_MS)
    assert [receipt.height for receipt in receipts] == [2, 3, 4, 5, 6, 7]
    assert ledger.reader.tree().size == 6 * swaps.LEGS


def test_a_swap_with_the_proof_of_another_is_refused(made, ledger):
    sent = swaps.plain(made, ledger.reader.tree().root, 2, NOW_MS)
    first, second = map(encoding.decode_bundle, sent)
    legs = replace(first.legs[0], proof=second.legs[0].proof), first.legs[1]
    refused, _ = engine.submit_all(ledger, [encoding.encode_bundle(replace(first, legs=legs)), sent[1]], NOW_MS)
    assert refused.rejection is Rejection.INVALID_PROOF


def test_a_simulated_proof_convinces_py_ecc_too():
    key = simulated.trapdoor(2)
    (proof,) = simulated.proofs(key, [(5, 7)])
    second_opinion.verify(key.verifying, (5, 7), proof)
    verifier.verify(key.verifying, (5, 7), proof)
    with pytest.raises(InvalidProof):
        verifier.verify(key.verifying, (7, 5), proof)
