"""An escrow's secret is for one account, also where it was made ready before."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from circuits import escrow, samples
from circuits.records import Account
from circuits.statements import statement
from prover.proofs import pipeline
from prover.proofs.nearby import Nearby
from prover.trader import owing, pads, readiness
from prover.trader.pads import Pads
from zk.curves import babyjubjub
from zk.groth16 import prover, verifier
from zk.hashes import poseidon

KEY, OTHER = (babyjubjub.multiply(secret, babyjubjub.BASE8) for secret in (77, 78))
ACCOUNT = samples.honest("escrow")[0][1].account


def test_nobody_gets_a_secret_twice_and_the_oldest_that_is_ready_comes_first():
    ready = Pads()
    for secret in (5, 6):
        ready.add(KEY, secret)
    assert ready.count(KEY) == 2
    found = [ready.take(KEY) for _ in range(5)]
    assert found[:2] == [5, 6] and len(set(found)) == 5 and all(0 < each < babyjubjub.ORDER for each in found)
    assert ready.taken == 5 and ready.count(KEY) == 0 and repr(ready) == "Pads"


def test_a_secret_for_other_guardians_is_forgotten():
    ready = Pads()
    ready.add(OTHER, 5)
    assert ready.take(KEY) != 5 and ready.count(OTHER) == 0


def test_a_forked_process_hands_out_nothing_of_its_parent(monkeypatch):
    ready, parent = Pads(), os.getpid()
    ready.add(KEY, 5)
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    assert ready.count(KEY) == 0 and ready.take(KEY) != 5


def test_what_was_prepared_under_a_secret_is_what_its_one_proof_begins_from(keystore, monkeypatch):
    monkeypatch.setattr(keystore, "nearby", Nearby())
    guardians, secret = SimpleNamespace(encryption_key=KEY), pads.fresh()
    ready = Pads()
    prepared = owing.encrypted(guardians, ACCOUNT, ACCOUNT.commitment(poseidon.hash), secret)
    pipeline.prepare("escrow", prepared.public, prepared.private, keystore)
    ready.add(KEY, secret)
    new = Account(ACCOUNT.owner, (3, *ACCOUNT.balances[1:]), ACCOUNT.guard, 12345)
    began, begin = [], prover.begin

    def spy(key, witness, near=None):
        began.append(near)
        return begin(key, witness, near)

    monkeypatch.setattr(prover, "begin", spy)
    made = [owing.escrow_plan(guardians, new, new.commitment(poseidon.hash), ready) for _ in range(2)]
    for plan in made:
        proof = pipeline.prove("escrow", plan.public, plan.private, keystore)
        verifier.verify(keystore.open("escrow").verifying, statement.inputs(plan.public), proof)
    assert began[0] is not None and began[1] is None
    assert made[0].private.e == secret and made[0].encrypted == escrow.encrypt(new, secret, KEY)
    assert keystore.nearby.near("escrow", secret) is None, "a secret that was used is not kept"


@pytest.mark.parametrize("guard, taken, has_guardians, wanted", [
    (0, 0, True, 0), (1, 0, True, readiness.ESCROWS), (0, 2, True, readiness.ESCROWS), (1, 2, False, 0),
])  # fmt: skip
def test_secrets_are_made_ready_for_wallets_that_trade_on_margin(monkeypatch, guard, taken, has_guardians, wanted):
    prepared = []
    monkeypatch.setattr(pipeline, "prepare", lambda name, public, private, _: prepared.append(private.e))
    ready, account = Pads(), replace(ACCOUNT, guard=guard)
    ready.taken = taken
    holding = SimpleNamespace(account=account, commitment=account.commitment(poseidon.hash))
    session = SimpleNamespace(wallet=SimpleNamespace(live=[holding]), keystore=None)
    guardians = SimpleNamespace(encryption_key=KEY) if has_guardians else None
    setting = SimpleNamespace(parameters=SimpleNamespace(guardians=guardians), pads=ready)
    while readiness._prepare_escrow(session, setting):
        pass
    assert len(prepared) == len(set(prepared)) == ready.count(KEY) == wanted
    assert [ready.take(KEY) for _ in prepared] == prepared
