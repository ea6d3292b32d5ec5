"""An order or a quote is on the account on which it voids least, among those that can do it."""

import pytest

from prover.dealer import accounts
from tests.prover.dealer import scene as scenes
from tests.prover.dealer.scene import changes
from tests.prover.rfq.desks import ETH, USDC, line


@pytest.fixture
def scene(tmp_path):
    with scenes.scene(tmp_path, [(USDC, ETH), (USDC, ETH)]) as made:
        yield made


@pytest.mark.parametrize("what", ["order", "quote"])
def test_lots_divide_an_account_on_which_nothing_stands(scene, what):
    session, both_lots = scene.maker.session, [changes(USDC=-900, ETH=3)] * 2
    if what == "order":
        scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
        scene.step()
        (used,) = scene.dealer.standing[("test", "bid")].positions
    else:
        scene.taker.ask([line(ETH=2)], scene.maker)
        scene.step()
        (used,) = accounts.quoted(session, scene.post.memory, scene.world.now_ms)
    (other,) = {holding.position for holding in session.wallet.live} - {used}
    found = accounts.Accounts(session, scene.post.memory).for_lots(both_lots, scene.world.now_ms)
    assert found == (other, frozenset())


def test_an_account_that_could_do_only_one_of_two_alternatives_is_not_preferred(tmp_path):
    with scenes.scene(tmp_path, [(USDC, ETH), (USDC,)]) as scene:
        session, either = scene.maker.session, [changes(USDC=-900, ETH=3), changes(USDC=1000, ETH=-3)]
        (rich,) = [holding.position for holding in session.wallet.live if holding.account.balances[ETH]]
        assert accounts.choose(session, either, {rich}, (), scene.world.now_ms) == rich
        assert accounts.choose(session, either[:1], {rich}, (), scene.world.now_ms) != rich
