"""What the guardians outlive: new keys, an insurance that falls silent, and claims that expire early."""

from dataclasses import replace

import pytest

from circuits import seizure
from prover.guardian import acting, dealing, guardianfile, recovery
from prover.guardian.acting import Means
from prover.guardian.watch import Watch
from settlement import engine
from settlement.checks import margins
from settlement.pool import governance
from settlement.pool.governance import Change
from settlement.rejection import Rejected
from tests.prover.guardian.scene import PERP, Scene, change, dealt, nobody
from tests.settlement.bundles import samples
from zk.errors import Unsatisfied

HOUR_MS = samples.GOVERNANCE.delay_ms


def govern(scene, **changes):
    """The governors change the guardians' record, and time passes until it is in force."""
    before = scene.ledger.parameters(scene.now_ms)
    after = replace(before, version=before.version + 1, guardians=replace(before.guardians, **changes))
    announced = Change(after, scene.now_ms + HOUR_MS + 1, ())
    signed = governance.sign(scene.ledger.pool, announced, samples.GOVERNOR_SECRETS[:2])
    engine.govern(scene.ledger, governance.encode(signed), scene.now_ms)
    scene.now_ms += HOUR_MS + 2


def test_new_keys_take_the_insurance_over_and_end_what_is_sealed_to_the_old_ones(tmp_path):
    scene = Scene(tmp_path / "ledger.sqlite")
    scene.publish()
    scene.endow(1_000_000)
    scene.watch.step()
    short, _ = scene.trade(margin=5_000)
    scene.watch.step()
    folder = dealt(1, 2, number=2)
    fresh = dealing.record(guardianfile.here(folder)[0])
    govern(scene, number=2, threshold=1, members=2, encryption_key=fresh.encryption_key, signing_key=fresh.signing_key)
    staff = scene.hire(scene.folder, folder)
    scene.means = Means(scene.notary.prove, staff.groups, scene.notary.verify)
    scene.watch = Watch(scene.ledger, scene.means, staff.signing_keys, lambda: scene.now_ms)
    scene.publish()
    step = scene.watch.step()
    insurance = scene.watch.view.insurance(scene.ledger).account
    assert insurance.guard == 2 and insurance.balances == change(usdc=1_000_000) and not step.seized
    place = list(next(one.place for one in scene.watch.view.accounts.values() if one.account == short.account))
    of_key = {one.guardian.number: one.answer(1, {"ask": "decrypt", "places": [place]}) for one in staff.members}
    assert of_key[2] == {"partials": [None]} != of_key[1], "new shares decrypt nothing that is sealed to the old key"
    govern(scene, stale_before=2)
    publication = scene.publish()
    step = scene.watch.step()  # healthy, but the old key dies with it
    assert [one.account for one in step.seized] == [short.account]
    row = publication.maintenance.values[seizure.worst_scenario(short.account.balances, publication.maintenance.values)]
    amount = seizure.residual_amount(short.account.balances, publication.prices, row, 1_000)
    assert scene.watch.view.insurance(scene.ledger).account.balances == change(
        usdc=1_000_000 + 6_000 - amount, perp=-1_000
    )
    staff.close()


def crashed(tmp_path):
    """A scene whose insurance took over a short of 1,000 perpetuals, and then lacks 400 at their price."""
    scene = Scene(tmp_path / "ledger.sqlite", grace_epochs=1)
    scene.publish()
    scene.endow(200)
    scene.watch.step()
    scene.short, scene.long = scene.trade(margin=500)
    scene.publish(perp=1_400)
    assert scene.watch.step().seized
    scene.publish(perp=2_000)
    assert scene.watch.step().is_insolvent
    return scene


def test_a_silent_insurance_restricts_the_pool_and_never_the_holders_of_what_is_held(tmp_path):
    scene = crashed(tmp_path)
    scene.publish(perp=2_000)
    assert scene.watch.step().is_insolvent and margins.silent_epochs(scene.ledger) == 2
    with pytest.raises(Rejected, match="RESTRICTED"):
        scene.trade(margin=5_000)
    flows = (samples.flow(0, 1_000),)
    (cash,) = scene.submit(scene.leg(nobody(), change(usdc=1_000), flows))
    scene.submit(scene.leg(cash, change(), (samples.flow(0, -1_000),)))


def test_a_claim_expires_early_at_a_price_that_shares_the_loss(tmp_path):
    scene = crashed(tmp_path)
    accounts = [one.account for one in scene.watch.view.accounts.values()]
    stated = recovery.propose(scene.ledger, accounts, PERP, scene.now_ms)
    insurance = scene.watch.view.insurance(scene.ledger).account
    lack = -seizure.worth(insurance.balances, scene.ledger.reader.grids(1)[0].publication.prices)
    assert stated.open_interest == 1_000 and stated.deficit == -(-lack // 1_000) > 0
    message = recovery.checked(scene.ledger, stated, lambda: accounts, scene.now_ms)
    with pytest.raises(Rejected, match="EXPIRY"):
        acting.expire(scene.ledger, stated, message, scene.means, scene.now_ms)
    scene.publish(perp=2_000)
    scene.watch.step()
    stated = recovery.propose(scene.ledger, accounts, PERP, scene.now_ms)
    message = recovery.checked(scene.ledger, stated, lambda: accounts, scene.now_ms)
    acting.expire(scene.ledger, stated, message, scene.means, scene.now_ms)
    rate = scene.ledger.reader.rates()[PERP]
    assert rate == max(0, 2 - -(-stated.deficit // 1_000))
    owed = insurance.balances[0] - 1_000 * rate
    assert owed >= 0, "at this rate the insurance can pay what it owes"


@pytest.mark.parametrize("balances, perp, figures", [
    (change(usdc=1_500, perp=-1_000), 1_400, (0, 1_000)),
    (change(usdc=1_500, perp=-1_000), 1_600, (100, 1_000)),
    (change(loan=-500, perp=1_000), 1_000, (0, 0)),
    (change(loan=-500, perp=1_000), 400, (-100, 0)),
    (change(loan=-500, perp=1_000, usdc=101), 400, (0, 0)),
])  # fmt: skip
def test_the_side_that_lacks_is_the_sign_of_the_deficit(tmp_path, balances, perp, figures):
    scene = Scene(tmp_path / "ledger.sqlite")
    account = replace(nobody().account, balances=balances)
    published = scene.publish(perp=perp)
    assert recovery.figures([account], PERP, scene.ledger.pool, published) == figures


def test_nothing_expires_that_nobody_owes(tmp_path):
    scene = Scene(tmp_path / "ledger.sqlite")
    with pytest.raises(Unsatisfied, match="fresh prices"):
        recovery.propose(scene.ledger, [], PERP, scene.now_ms)
    scene.publish()
    with pytest.raises(Unsatisfied, match="nobody owes ETH-PERP"):
        recovery.propose(scene.ledger, [], PERP, scene.now_ms)
