"""Accounts made only to fall into breach in a way that the guardians cannot sign: then nobody would be seized again."""

from dataclasses import replace

import pytest

from prover.guardian import drafts
from tests.prover.guardian.scene import Holding, Scene, at_work, change, nobody
from tests.settlement.bundles import samples

USDC, PAID = 0, 500
SHORT = change(usdc=1_000 + PAID, perp=-1_000)


@pytest.fixture
def scene(tmp_path):
    """The guardians at work, with an insurance that can take over whatever comes."""
    with at_work(tmp_path / "ledger.sqlite", insurance=1_000_000) as made:
        yield made


def paid(reference: bytes, amount: int = PAID):
    return replace(samples.flow(USDC, amount), reference=reference)


def seized_beside_others(scene: Scene, *made) -> int:
    """Opens accounts that are short, beside others, and has the perpetual rise: how many accounts end in one step."""
    perps = 1_000 * len(made)
    scene.submit(*made, scene.leg(nobody(), change(perp=perps), (paid(b"long", perps),)))
    honest, _ = scene.trade(margin=500)
    scene.publish(perp=1_450)
    ended = scene.watch.step().seized
    assert scene.ledger.reader.is_spent(honest.nullifier)
    return len(ended)


def test_twins_do_not_stop_the_seizures(scene):
    """Two accounts of one opening leave residuals of one commitment; a bundle with both was once refused for ever."""
    owner = nobody()
    starts = [replace(owner, account=replace(owner.account, rho=rho)) for rho in (1, 2)]
    twins = [scene.leg(start, SHORT, (paid(b"%d" % i),), rho=7) for i, start in enumerate(starts)]
    assert twins[0][0].commitment == twins[1][0].commitment
    assert seized_beside_others(scene, *twins) == 3


def test_an_account_that_is_given_to_the_insurance_does_not_stop_the_seizures(scene):
    """Everybody knows the insurance's owner, and its guardians once refused to seize whatever had it."""
    gift = scene.leg(nobody(), SHORT, (paid(b"gift"),), owner=drafts.owner(scene.guardians.signing_key))
    assert isinstance(gift[2], Holding) and gift[0].public.guard == 1
    assert seized_beside_others(scene, gift) == 2
