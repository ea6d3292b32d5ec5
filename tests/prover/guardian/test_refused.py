"""A target that guardians refuse is found and told, and the others are seized without it."""

import pytest

from prover.guardian import rules, watch
from prover.guardian.acting import Means
from prover.guardian.group import TooFew
from prover.guardian.watch import Watch
from settlement import engine
from settlement.bundles import encoding
from settlement.rejection import Rejected, Rejection
from tests.prover.guardian.scene import at_work
from tests.prover.guardian.test_watch import silence
from zk.errors import Unsatisfied


@pytest.fixture
def scene(tmp_path):
    with at_work(tmp_path / "ledger.sqlite", insurance=1_000_000) as made:
        yield made


def refuse(monkeypatch, *holdings):
    """The guardians refuse to seize these accounts, for a reason that nobody thought of."""
    honest, accounts = rules.check, [one.account for one in holdings]

    def check(state, draft, derived, now_ms):
        if any(one.old in accounts for one in draft.seizures):
            raise Unsatisfied("a guardian does not sign this: it has never seen such an account")
        honest(state, draft, derived, now_ms)

    monkeypatch.setattr(rules, "check", check)


def test_one_that_is_refused_among_many_is_told_with_each_guardians_reason_and_the_others_end(scene, monkeypatch):
    shorts = scene.swarm(6, margin=5, perps=10)
    refuse(monkeypatch, shorts[2])
    epoch = scene.publish(perp=1_400).epoch
    step = scene.watch.step()
    assert {one.account for one in step.seized} == {one.account for one in shorts} - {shorts[2].account}
    (refused,) = step.refused.values()
    assert refused.watched.account == shorts[2].account and not step.left
    assert all(f"guardian {index}: a guardian does not sign this: it has never" in refused.reason for index in (1, 2))
    assert "too few sign" in refused.reason and step.has_beaten and scene.ledger.reader.heartbeat() == epoch
    again = scene.watch.step()
    assert list(again.refused.values()) == [refused] and not again.seized
    monkeypatch.undo()
    assert [one.account for one in scene.watch.step().seized] == [shorts[2].account]


def test_an_account_that_is_refused_is_tried_after_all_others_the_next_time(scene, monkeypatch):
    poison, honest = (scene.trade(margin=margin)[0] for margin in (400, 500))
    refuse(monkeypatch, poison)
    scene.publish(perp=1_330)
    assert [one.watched.account for one in scene.watch.step().refused.values()] == [poison.account]
    scene.publish(perp=1_400)
    batches, seize = [], Watch.seize

    def seize_counting(self, now, targets):
        batches.append([one.account for one in targets])
        return seize(self, now, targets)

    monkeypatch.setattr(Watch, "seize", seize_counting)
    scene.watch.step()
    assert batches == [[honest.account], [poison.account]]


def test_many_that_are_refused_do_not_keep_the_insurance_from_showing_itself(scene, monkeypatch):
    shorts = scene.swarm(6, margin=5, perps=10)
    refuse(monkeypatch, *shorts)
    monkeypatch.setattr(watch, "MANY_REFUSED", 2)
    epoch, refused_at_beat = scene.publish(perp=1_400).epoch, []
    beat = Watch._beat

    def beat_counting(self, now, account, done):
        refused_at_beat.append(len(done.refused))
        return beat(self, now, account, done)

    monkeypatch.setattr(Watch, "_beat", beat_counting)
    step = scene.watch.step()
    assert len(step.refused) == 6 and refused_at_beat[0] == 2 and scene.ledger.reader.heartbeat() == epoch


@pytest.mark.parametrize("where", ["proof", "ledger"])
def test_one_that_cannot_be_proved_or_that_the_ledger_refuses_is_isolated_as_well(scene, monkeypatch, where):
    shorts = scene.swarm(3, margin=5, perps=10)
    scene.publish(perp=1_400)
    honest, submit = scene.notary.prove, engine.submit

    def prove(name, public, private):
        if where == "proof" and name == "seize" and private.old == shorts[1].account:
            raise Unsatisfied("no such proof")
        return honest(name, public, private)

    def submit_others(ledger, data, now_ms, verify):
        spent = {int(seizure.public.nullifier) for seizure in encoding.decode_bundle(data).seizures}
        if where == "ledger" and shorts[1].nullifier in spent:
            raise Rejected(Rejection.SEIZURE, "not this one")
        return submit(ledger, data, now_ms, verify)

    monkeypatch.setattr(engine, "submit", submit_others)
    scene.watch.means = Means(prove, scene.staff.groups, scene.notary.verify)
    step = scene.watch.step()
    assert {one.account for one in step.seized} == {shorts[0].account, shorts[2].account}
    (refused,) = step.refused.values()
    assert refused.watched.account == shorts[1].account
    assert {"proof": "no such proof", "ledger": "not this one"}[where] in refused.reason


def test_a_ledger_that_is_busy_with_other_things_does_not_hide_a_refused_target(scene, monkeypatch):
    """Whatever settles made the guardians look again, so that somebody who is busy put off all seizures."""
    shorts = scene.swarm(3, margin=5, perps=10)
    refuse(monkeypatch, shorts[0])
    scene.publish(perp=1_400)
    honest = scene.notary.prove

    def busy(name, public, private):
        if name == "seize":
            scene.endow(1)
        return honest(name, public, private)

    scene.watch.means = Means(busy, scene.staff.groups, scene.notary.verify)
    step = scene.watch.step()
    assert {one.account for one in step.seized} == {one.account for one in shorts[1:]}
    assert [one.watched.account for one in step.refused.values()] == [shorts[0].account]


def test_guardians_that_are_silent_refuse_nobody(scene):
    scene.swarm(3, margin=5, perps=10)
    scene.watch.step()
    scene.publish(perp=1_400)
    silence(scene, (1, 2))
    with pytest.raises(TooFew, match="too few answer"):
        scene.watch.step()
