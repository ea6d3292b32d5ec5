"""A desk that waits: what it made ready is where its next leg starts from, and nothing else changes."""

from dataclasses import replace

import pytest

from circuits.statements import statement
from prover.proofs import pipeline
from prover.proofs.nearby import Nearby
from prover.trader import moves, plan, readiness, sessions, walletsync
from tests.prover.trader import payer
from zk.groth16 import prover, verifier


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with payer.stepping():
        yield payer.World(tmp_path_factory.mktemp("readiness"))


@pytest.fixture
def session(world, keystore, monkeypatch):
    """A wallet with an account, and a keystore that has proved nothing yet."""
    monkeypatch.setattr(keystore, "nearby", Nearby())
    with world.session() as opened:
        yield replace(opened, keystore=keystore)


def moved(session, world):
    """A leg of the newest account as the next trade would begin it."""
    holding = session.wallet.live[-1]
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    setting = sessions.setting(session, world.now_ms)
    return plan.move(setting, source, target, plan.changes({payer.USDC: 1}, {}), world.now_ms)


def test_what_is_ready_is_what_the_next_leg_begins_from(session, world, monkeypatch):
    assert readiness.prepare(session, world.now_ms)
    assert not readiness.prepare(session, world.now_ms), "there is one account"
    began, begin = [], prover.begin

    def spy(key, witness, near=None):
        began.append(near)
        return begin(key, witness, near)

    monkeypatch.setattr(prover, "begin", spy)
    made, key = moved(session, world), session.keystore.open("leg")
    inputs = statement.inputs(made.public)
    witness = pipeline.program.run(key.program, inputs + statement.inputs(made.private))
    sums = session.keystore.nearby.begin("leg", made.public, made.private, key.proving, witness)
    verifier.verify(key.verifying, inputs, prover.prove(key.proving, witness, sums=sums))
    assert began[0] is not None
    shared = (began[0].witness == witness).all(axis=1).mean()
    assert shared > 0.6, "the path, the old account and its owner"


def test_an_account_that_moved_and_a_root_that_changed_are_made_ready_again(session, world, monkeypatch):
    assert readiness.prepare(session, world.now_ms)
    holding = session.wallet.live[-1]
    nullifier = walletsync.nullifier(session.wallet.view, holding)
    before = session.keystore.nearby.near("leg", nullifier)
    session.keystore.nearby._kept["leg", nullifier] = replace(before, root=before.root + 1), None
    prepared: list = []
    monkeypatch.setattr(pipeline, "prepare", lambda name, public, *_: prepared.append(public))
    assert readiness.prepare(session, world.now_ms) and prepared[0].nullifier == nullifier
    moves.deposit(replace(session, keystore=payer.NoKeys()), payer.USDC, 3, "bank", world.now_ms, position=0)
    prepared.clear()
    assert readiness.prepare(session, world.now_ms) and prepared[0].nullifier != nullifier


def test_a_wallet_that_only_watches_prepares_nothing(session, monkeypatch):
    monkeypatch.setattr(type(session.wallet), "is_watch_only", True)
    monkeypatch.setattr(pipeline, "prepare", lambda *_: pytest.fail("something was prepared"))
    assert not readiness.prepare(session, 0)


def test_a_start_is_kept_only_of_the_account_that_it_is_of(session, world):
    holding = session.wallet.live[-1]
    first = sessions.source(session, holding)
    assert sessions.source(session, holding) is first
    other = replace(holding, account=replace(holding.account, rho=holding.account.rho + 1))
    assert sessions.source(session, other).account == other.account
    assert repr(session.starts) == "Starts"
