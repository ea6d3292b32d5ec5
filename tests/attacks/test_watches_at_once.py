"""Guardians who act at the same time, at different times, or again after a restart: nothing happens twice."""

from dataclasses import replace

import pytest

from prover.guardian import drafts, insurance, rules, wire
from prover.guardian.member import Member
from prover.guardian.watch import Watch
from settlement.rejection import Rejected
from tests.prover.guardian.scene import PERP, USDC, Scene, at_work, change, nobody
from tests.settlement.bundles import samples
from zk.errors import FormatError, Unsatisfied

MINUTE_MS = 60_000


@pytest.fixture
def scene(tmp_path):
    with at_work(tmp_path / "ledger.sqlite") as made:
        yield made


def insured(scene, amount=1_000_000):
    scene.endow(amount)
    scene.watch.step()


def other_watch(scene):
    return Watch(scene.ledger, scene.means, scene.staff.signing_keys, lambda: scene.now_ms)


def interrupted(scene, name, act):
    """The watch of the scene proves nothing of this name before `act` has been called, once."""
    honest, called = scene.notary.prove, []

    def prove(statement, public, private):
        if statement == name and not called:
            called.append(True)
            act()
        return honest(statement, public, private)

    scene.watch.means = replace(scene.means, prove=prove)
    return called


def test_an_insurance_is_founded_once_and_no_second_founding_takes_its_place(scene):
    """A founding that was signed before another one settled replaced it, and what was drawn meanwhile was lost."""
    scene.endow(5_000)
    called = interrupted(scene, "leg", lambda: other_watch(scene).step())
    step = scene.watch.step()
    assert called and not step.founded
    assert scene.watch.view.insurance(scene.ledger).account.balances == change(usdc=5_000)
    assert scene.watch.others == 0, "there is one account of the insurance, and no other"


def test_a_founding_from_another_start_is_not_signed(scene):
    honest = insurance.draw(scene.watch.now(), ())
    for old in (replace(honest.leg.old, rho=7), replace(honest.leg.old, balances=change(usdc=1))):
        draft = replace(honest, leg=replace(honest.leg, old=old))
        with pytest.raises(Unsatisfied, match="must be founded from its one start"):
            rules.check(scene.ledger, draft, drafts.derive(scene.ledger, draft, scene.now_ms), scene.now_ms)
    moved = replace(honest, leg=replace(honest.leg, position=1))
    with pytest.raises(Unsatisfied, match="must be founded from its one start"):
        rules.check(scene.ledger, moved, drafts.derive(scene.ledger, moved, scene.now_ms), scene.now_ms)


def test_two_watches_seize_an_account_once(scene):
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.watch.step()
    scene.publish(perp=1_400)
    other, steps = other_watch(scene), []
    called = interrupted(scene, "seize", lambda: steps.append(other.step()))
    step = scene.watch.step()
    assert called and [one.account for one in steps[0].seized] == [short.account] and steps[0].has_beaten
    assert not step.seized and not step.left and not step.refused and not step.has_beaten
    after = scene.watch.view.insurance(scene.ledger).account.balances
    assert after == change(usdc=1_000_000 + 1_500 - 86, perp=-1_000)


def test_two_watches_beat_once(scene):
    insured(scene)
    scene.publish()
    called = interrupted(scene, "margin", lambda: other_watch(scene).step())
    step = scene.watch.step()
    assert called and not step.has_beaten and scene.ledger.reader.heartbeat() == 2


def test_an_owner_who_sells_while_guardians_draft_keeps_what_he_bought_and_is_valued_anew(scene):
    """His position is bought by somebody else while the seizure is proved: there is nothing left to seize."""
    insured(scene)
    short, long = scene.trade(margin=500)
    scene.watch.step()
    scene.publish(perp=1_400)
    closed = scene.leg(short, change(usdc=100))
    bought = scene.leg(long, change(usdc=1_400))
    called = interrupted(scene, "seize", lambda: scene.submit(closed, bought))
    step = scene.watch.step()
    assert called and not step.seized and not step.left and not step.refused and step.has_beaten
    assert scene.watch.view.insurance(scene.ledger).account.balances == change(usdc=1_000_000)


def test_an_order_that_somebody_else_takes_is_no_obstacle_to_the_insurance(scene):
    insured(scene)
    _, long = scene.trade(margin=500)
    scene.publish(perp=1_400)
    scene.watch.step()
    best = scene.post(long, change(usdc=1_400, perp=-1_000))
    (rich,) = scene.submit(scene.leg(nobody(), change(usdc=2_000), (samples.flow(USDC, 2_000),)))
    called = interrupted(scene, "leg", lambda: scene.submit(
        scene.leg(rich, change(usdc=600, perp=1_000)), scene.leg(long, change(usdc=1_400))
    ))  # fmt: skip
    with pytest.raises(Rejected, match="NULLIFIER_SPENT"):
        scene.watch.sell(scene.watch.now(), (PERP,))
    assert called and scene.ledger.reader.is_spent(best.nullifier)
    scene.watch.view.advance(scene.ledger)
    assert scene.watch.sell(scene.watch.now(), (PERP,)) is None
    assert scene.watch.view.insurance(scene.ledger).account.balances[PERP] == -1_000


def test_one_guardian_alone_founds_seizes_and_shows_itself(tmp_path):
    scene = Scene(tmp_path / "ledger.sqlite", 1, 1)
    scene.publish()
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.publish(perp=1_400)
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [short.account] and step.has_beaten


def test_a_guardian_restarted_from_its_file_answers_for_no_nonces_of_before(scene):
    """Its file holds shares and no nonces: an older copy of it is as good, and cannot sign twice with one nonce."""
    draft = insurance.draw(scene.watch.now(), ())
    evidence = {"draft": wire.draft_json(draft)}
    first = scene.staff.members[0]
    again = Member(first.guardian, first._open_ledger, first._now_ms)
    begun, anew = (one.answer(2, {"ask": "commit", "count": 2}) for one in (first, again))
    points = [one[name] for answer in (begun, anew) for one in answer["commitments"] for name in ("hiding", "binding")]
    assert len(set(points)) == 8
    other = scene.staff.members[1].answer(2, {"ask": "commit", "count": 2})
    lists = [[begun["commitments"][i], other["commitments"][i]] for i in range(2)]
    request = {"ask": "sign", "session": begun["session"], "lists": lists, **evidence}
    with pytest.raises(FormatError, match="unknown or used"):
        again.answer(2, request)
    assert len(first.answer(2, request)["answers"]) == 2


@pytest.mark.parametrize("off_ms, signs", [(-45 * MINUTE_MS, True), (5 * MINUTE_MS, True),
                                           (-55 * MINUTE_MS, False), (11 * MINUTE_MS, False)])  # fmt: skip
def test_guardians_whose_clocks_differ_by_minutes_sign_together(scene, off_ms, signs):
    """A clock that is an hour late, or so far ahead that the prices look too old, is refused by its own guardian."""
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.watch.step()
    scene.publish(perp=1_400)
    scene.staff.members[0]._now_ms = lambda: scene.now_ms + off_ms
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [short.account], "two of three are on time"
    assert (1 not in scene.staff.groups[1].failures) is signs
