"""What a guardian signs: each false draft is refused for its own reason, though its maker could prove and submit it."""

from dataclasses import replace

import pytest

from prover.guardian import drafts, insurance, rules, wire
from settlement.bundles.bundle import Account as Place
from settlement.bundles.bundle import Flow
from settlement.rejection import Rejected
from tests.prover.guardian.scene import USDC, Scene, change
from zk.errors import FormatError, Unsatisfied


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = Scene(tmp_path_factory.mktemp("rules") / "ledger.sqlite")
    made.publish()
    made.endow(1_000_000)
    made.watch.step()
    made.short, _ = made.trade(margin=500)
    made.healthy, _ = made.trade(margin=5_000)
    made.endow(77)
    made.publish(perp=1_400)
    made.watch.view.advance(made.ledger)
    yield made
    made.staff.close()
    made.ledger.close()


def honest(scene):
    now = scene.watch.now()
    return insurance.take_over(now, scene.watch.seizable(now))


def check(scene, draft, now_ms=None):
    time_ms = now_ms or scene.now_ms
    rules.check(scene.ledger, draft, drafts.derive(scene.ledger, draft, time_ms), time_ms)


def with_new(draft, **changes):
    return replace(draft, leg=replace(draft.leg, new=replace(draft.leg.new, **changes)))


def with_balances(draft, added):
    balances = tuple(have + more for have, more in zip(draft.leg.new.balances, added, strict=True))
    return with_new(draft, balances=balances)


def with_seizure(draft, **changes):
    return replace(draft, seizures=(replace(draft.seizures[0], **changes),))


def flow(amount, place=Place.INSURANCE):
    return Flow(USDC, amount, place, b"", b"")


def healthy_seized(scene):
    now = scene.watch.now()
    targets = [one for one in scene.watch.view.accounts.values() if one.account == scene.healthy.account]
    return insurance.take_over(now, targets)


def own_account_seized(scene):
    now = scene.watch.now()
    return insurance.take_over(now, [now.insurance])


def founded_again(scene):
    return insurance.draw(replace(scene.watch.now(), insurance=None), ())


LIES = [
    (lambda s, d: replace(d, expiry_ms=s.now_ms + 10**9), "lives too long"),
    (lambda s, d: replace(d, seizures=d.seizures * 17), "too many accounts"),
    (lambda s, d: replace(d, epoch=1), "not of the newest epoch"),
    (lambda s, d: with_new(d, owner=s.short.account.owner), "another owner"),
    (lambda s, d: with_new(d, guard=0), "out of the guardians' sight"),
    (lambda s, d: founded_again(s), "an insurance's account already"),
    (lambda s, d: replace(d, leg=replace(d.leg, old=replace(d.leg.old, rho=5))), "not of the insurance's newest"),
    (lambda s, d: replace(d, guard=2), "another guardians'"),
    (lambda s, d: replace(d, root=12345), "a root that the tree never had"),
    (lambda s, d: replace(d, flows=(flow(-5),)), "would leave the insurance's account"),
    (lambda s, d: replace(d, flows=(flow(5, Place.POT),)), "do not draw from"),
    (lambda s, d: replace(d, flows=(flow(5),)), "would not change by what enters"),
    (lambda s, d: with_balances(d, change(usdc=-1)), "would not change by what enters"),
    (lambda s, d: with_balances(d, change(usdc=1)), "would not change by what enters"),
    (lambda s, d: with_balances(d, change(perp=1)), "would not change by what enters"),
    (lambda s, d: replace(d, seizures=()), "would not change by what enters"),
    (lambda s, d: with_seizure(d, amount=d.seizures[0].amount - 1), "would not change by what enters"),
    (lambda s, d: with_balances(with_seizure(d, amount=d.seizures[0].amount - 1), change(usdc=1)), "false: amount"),
    (lambda s, d: with_seizure(d, scenario=d.seizures[0].scenario ^ 1), "not seized by its worst scenario"),
    (lambda s, d: with_seizure(d, position=d.seizures[0].position + 1), "false: root|false: path"),
    (lambda s, d: healthy_seized(s), "false: breach"),
    (lambda s, d: own_account_seized(s), "does not seize its own account"),
]  # fmt: skip


@pytest.mark.parametrize("lie, why", LIES)
def test_a_false_draft_is_refused_for_its_own_reason(scene, lie, why):
    check(scene, honest(scene))
    with pytest.raises(Unsatisfied, match=why):
        check(scene, lie(scene, honest(scene)))


def test_an_account_that_moved_is_not_seized(tmp_path):
    scene = Scene(tmp_path / "ledger.sqlite")
    scene.publish()
    scene.endow(1_000_000)
    scene.watch.step()
    scene.trade(margin=500)
    scene.publish(perp=1_400)
    scene.watch.view.advance(scene.ledger)
    draft = honest(scene)
    scene.watch.step()
    newer = insurance.draw(scene.watch.now(), ())
    late = replace(newer, seizures=draft.seizures)
    with pytest.raises(Unsatisfied, match="the seized account has moved"):
        check(scene, with_balances(late, change(usdc=1_500 - draft.seizures[0].amount, perp=-1_000)))


def test_an_insurance_in_breach_takes_nothing_over(tmp_path):
    scene = Scene(tmp_path / "ledger.sqlite")
    scene.publish()
    scene.watch.step()
    scene.trade(margin=500)
    scene.publish(perp=1_700)
    scene.watch.view.advance(scene.ledger)
    with pytest.raises(Unsatisfied, match="the margin statement is false: scenario"):
        check(scene, honest(scene))


def test_a_draft_survives_the_wire(scene):
    draft = honest(scene)
    assert wire.read_draft(wire.draft_json(draft)) == draft
    with_flow = replace(draft, flows=(flow(5), Flow(USDC, 7, Place.OUTSIDE, b"bank", b"ref")))
    assert wire.read_draft(wire.draft_json(with_flow)) == with_flow
    assert repr(draft) == "Draft" and repr(drafts.derive(scene.ledger, draft, scene.now_ms)) == "Derived"


FLOW = {"asset": 0, "amount": 5, "account": 1, "party": "", "reference": ""}


@pytest.mark.parametrize("change_json, why", [
    (lambda value: value.pop("leg"), "leg is missing"),
    (lambda value: value.update(epoch=-1), "epoch is not an integer"),
    (lambda value: value.update(more=1), "unknown field 'more'"),
    (lambda value: value["leg"].update(alpha="-1"), "alpha is out of range"),
    (lambda value: value.update(seizures=value["seizures"] * 17), "17 elements"),
    (lambda value: value.update(flows=[FLOW | {"account": 3}]), "account is not 0"),
    (lambda value: value.update(flows=[FLOW | {"amount": 0}]), "amount is not an integer"),
])  # fmt: skip
def test_a_malformed_draft_is_refused(scene, change_json, why):
    value = wire.draft_json(honest(scene))
    change_json(value)
    with pytest.raises(FormatError, match=why):
        wire.read_draft(value)


def test_a_pool_without_guardians_signs_nothing(scene, tmp_path):
    draft = honest(scene)
    lone = Scene(tmp_path / "ledger.sqlite")
    lone.publish()
    with pytest.raises(Rejected, match="there is no epoch"):
        drafts.derive(lone.ledger, draft, lone.now_ms)
