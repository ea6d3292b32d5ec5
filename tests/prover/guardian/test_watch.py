"""Watching: what guardians see, whom they seize and whom they cannot, with an insurance that takes over."""

from dataclasses import replace

import pytest

from circuits import seizure
from prover.guardian import view
from prover.guardian.channel import Unreachable
from prover.guardian.group import TooFew
from prover.trader import seized, wallets
from tests.prover.guardian.scene import USDC, Holding, Scene, at_work, change, nobody
from tests.settlement.bundles import samples
from zk.hashes import poseidon


@pytest.fixture
def scene(tmp_path):
    with at_work(tmp_path / "ledger.sqlite") as made:
        yield made


def insured(scene, amount=1_000_000):
    """The scene with an insurance that has so much."""
    scene.endow(amount)
    scene.watch.step()
    return scene


def seen(scene):
    """The balances of every account in the guardians' view."""
    return sorted(one.account.balances for one in scene.watch.view.accounts.values())


def test_the_first_step_founds_the_insurance_draws_for_it_and_beats(scene):
    scene.endow(5_000)
    step = scene.watch.step()
    assert (step.founded, step.drawn, step.has_beaten) == (True, 1, True)
    account = scene.watch.view.insurance(scene.ledger).account
    assert account.balances == change(usdc=5_000) and account.guard == 1
    assert scene.ledger.reader.heartbeat() == 1
    again = scene.watch.step()
    assert not (again.founded or again.drawn or again.has_beaten)


def test_an_escrow_that_holds_another_account_is_counted_and_not_believed(scene):
    """Only who can forge proofs of escrow could settle one."""
    insured(scene, 7)
    other = nobody().account
    balances = change(usdc=1_500, perp=-1_000)
    made = scene.leg(nobody(), balances, (samples.flow(USDC, 500),), sealed=replace(other, balances=balances, guard=1))
    long = scene.leg(nobody(), change(perp=1_000), (samples.flow(USDC, 1_000),))
    scene.submit(made, long, verify=samples.any_proof)
    scene.watch.step()
    assert seen(scene) == [change(usdc=7)] and list(scene.watch.view.sealed.values()) == [made[0].commitment]


def test_what_is_paid_in_is_drawn_once_in_an_epoch(scene):
    insured(scene, 5_000)
    for _ in range(2):
        scene.endow(100)
        assert not scene.watch.step().drawn
    scene.publish()
    assert scene.watch.step().drawn == 1
    assert scene.watch.view.insurance(scene.ledger).account.balances == change(usdc=5_200)


def test_the_owner_finds_what_is_left_without_any_guardians_help(scene):
    insured(scene)
    short, _ = scene.trade(margin=500)
    publication = scene.publish(perp=1_400)
    scene.watch.step()
    holding = wallets.Holding(short.account, 0, short.position, short.nullifier)
    found = seized.find(scene.ledger, holding)
    assert found is not None and found.residual.account.balances == change(usdc=86)
    assert found.residual.account.owner == short.account.owner and found.prices == publication.prices
    place = scene.ledger.reader.position_of(found.residual.account.commitment(poseidon.hash))
    left = Holding(short.keys, found.residual.account, place)
    scene.submit(scene.leg(left, change(), (samples.flow(USDC, -86),)))


def test_guardians_see_margined_accounts_and_no_cash_account(scene):
    insured(scene, 7)
    short, long = scene.trade(margin=500)
    scene.watch.step()
    assert seen(scene) == sorted([short.account.balances, change(usdc=7)])
    assert long.account.balances not in seen(scene)


def test_an_account_that_moves_leaves_the_view_and_its_next_state_enters(scene):
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.watch.step()
    (after,) = scene.submit(scene.leg(short, change(usdc=1_600, perp=-1_000), (flow(100),), adds=1))
    scene.watch.step()
    assert after.account.balances in seen(scene) and short.account.balances not in seen(scene)


def flow(amount):
    """A payment in of USDC."""
    return samples.flow(USDC, amount)


def test_a_breach_is_seized_and_its_owner_keeps_what_the_design_says(scene):
    insured(scene)
    short, _ = scene.trade(margin=500)
    assert not scene.watch.step().seized
    publication = scene.publish(perp=1_400)  # worth 100 now, and lacks 40 after another 10 %
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [short.account]
    scenario = seizure.worst_scenario(short.account.balances, publication.maintenance.values)
    row = publication.maintenance.values[scenario]
    amount = seizure.residual_amount(short.account.balances, publication.prices, row, 1_000)
    assert amount == 86  # 100 less a tenth of the risk of 140
    left = seizure.residual(short.account, amount)
    assert scene.ledger.reader.position_of(left.commitment(poseidon.hash)) is not None
    assert scene.ledger.reader.is_spent(short.nullifier)
    insurance = scene.watch.view.insurance(scene.ledger).account
    assert insurance.balances == change(usdc=1_000_000 + 1_500 - 86, perp=-1_000)
    assert step.has_beaten and seen(scene) == [insurance.balances]


def test_a_healthy_account_stays(scene):
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.publish(perp=1_363)  # 1,499.3 after another 10 %
    assert not scene.watch.step().seized and not scene.ledger.reader.is_spent(short.nullifier)
    scene.publish(perp=1_365)
    assert len(scene.watch.step().seized) == 1


def test_a_cure_that_settles_first_wins_and_its_state_is_valued_anew(scene):
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.watch.step()
    scene.publish(perp=1_400)
    seen_before = scene.watch.seizable(scene.watch.now())
    assert [one.account for one in seen_before] == [short.account]
    cure, blinding, after = scene.leg(short, change(usdc=1_900, perp=-1_000), (flow(400),), adds=1)
    (cured,) = scene.submit((cure, blinding, after))
    step = scene.watch.step()  # its view was older than the cure
    assert not step.seized and cured.account.balances in seen(scene)
    scene.publish(perp=1_800)
    assert [one.account for one in scene.watch.step().seized] == [cured.account]


def test_a_cure_that_settles_while_the_seizure_is_made_wins_too(scene):
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.watch.step()
    scene.publish(perp=1_400)
    honest, made = scene.notary.prove, []

    def cure_first(name, public, private):
        if name == "seize" and not made:
            made.append(True)
            made[:] = scene.submit(scene.leg(short, change(usdc=1_900, perp=-1_000), (flow(400),), adds=1))
        return honest(name, public, private)

    scene.watch.means = type(scene.means)(cure_first, scene.staff.groups, scene.notary.verify)
    step = scene.watch.step()
    assert made and not step.seized and made[0].account.balances in seen(scene)


def test_what_the_insurance_cannot_take_over_is_left_and_told(scene):
    insured(scene, 10)
    short, _ = scene.trade(margin=500)
    scene.watch.step()
    scene.publish(perp=1_700)  # the account lacks 200
    step = scene.watch.step()
    assert not step.seized and [one.account for one in step.left] == [short.account]
    scene.endow(1_000)
    assert [one.account for one in scene.watch.step().seized] == [short.account]


def test_an_insolvent_insurance_does_not_beat(scene):
    insured(scene, 200)
    scene.trade(margin=500)
    scene.publish(perp=1_400)
    assert scene.watch.step().seized
    scene.publish(perp=1_900)
    step = scene.watch.step()
    assert step.is_insolvent and not step.has_beaten
    scene.endow(1)
    step = scene.watch.step()
    assert step.is_insolvent and not step.drawn, "what does not save it waits where it is, and stops no step"
    scene.endow(1_000)
    step = scene.watch.step()
    assert step.drawn and step.has_beaten and not step.is_insolvent


@pytest.mark.parametrize("threshold, members, absent", [(2, 3, 1), (3, 5, 2), (1, 2, 1)])
def test_n_minus_t_silent_guardians_stop_nobody(tmp_path, threshold, members, absent):
    scene = Scene(tmp_path / "ledger.sqlite", threshold, members)
    scene.publish()
    silence(scene, range(1, absent + 1))
    insured(scene)
    short, _ = scene.trade(margin=500)
    scene.publish(perp=1_400)
    assert [one.account for one in scene.watch.step().seized] == [short.account]


@pytest.mark.parametrize("threshold, members", [(2, 3), (3, 3), (1, 1)])
def test_one_more_that_is_silent_stops_all_and_is_named(tmp_path, threshold, members):
    scene = Scene(tmp_path / "ledger.sqlite", threshold, members)
    scene.publish()
    insured(scene)
    short, _ = scene.trade(margin=500)
    silent = range(1, members - threshold + 2)
    silence(scene, silent)
    with pytest.raises(TooFew, match=f"{threshold} of {members} guardians") as error:
        scene.watch.step()
    assert all(f"guardian {index}: it sleeps" in str(error.value) for index in silent)
    assert not scene.ledger.reader.is_spent(short.nullifier)


class Asleep:
    """A guardian that does not answer."""

    def ask(self, request):
        raise Unreachable("it sleeps")


def silence(scene, members):
    """These guardians do not answer any more."""
    for group in scene.staff.groups.values():
        group._colleagues |= {index: Asleep() for index in members}


def test_the_view_is_the_same_when_it_is_rebuilt(scene):
    insured(scene)
    scene.trade(margin=500)
    scene.trade(margin=600)
    scene.publish(perp=1_400)
    scene.watch.step()
    fresh = view.View(scene.watch.view._open)
    fresh.advance(scene.ledger)
    assert fresh.accounts == scene.watch.view.accounts and len(fresh.accounts) > 0
