"""The cells about trades: what was done, by whom, and what the accounts hold."""

import pytest

from circuits import generators, records
from prover.trader import keys, plan, readers, sealing, terms
from tests.observer.scene import DEBT, PAID, SMALL, leg_of, opened, seen_by_guardians, tell_apart
from tests.observer.who_learns import (
    CASH,
    COUNTERPARTY,
    EVERYBODY,
    GUARDIANS,
    KIND,
    MOVED,
    OWING,
    OWNER,
    PARTIES,
    TRADE,
    WHO,
    cell,
)  # fmt: skip


@cell(MOVED, *PARTIES, says="yes")
def moved(scene, party):
    seen = scene.trade
    spent = [leg.nullifier for leg in seen.bundle.legs]
    assert len(set(spent)) == 2 and scene.town.reader.times[-1] >= seen.settled_ms - 10**6


@cell(KIND, EVERYBODY, GUARDIANS, says="no")
def kind_hidden(scene, party):
    """All of them at once, and far more of them, are in test_bundles."""
    kinds = ("payment", "cancel", "swap", "merge")
    rounds = [[scene.make(kind) for kind in kinds] for _ in range(60)]
    groups = list(zip(*rounds, strict=True))
    assert not any(seen_by_guardians(leg) for group in groups for seen in group for leg in seen.bundle.legs)
    tell_apart(groups, scene.town)


@cell(KIND, COUNTERPARTY, says="its own")
def kind_shown_to_the_other_side(scene, party):
    """Who is paid finds the account; nobody else finds anything in a payment or a cancelled order."""
    payment, cancel = scene.make("payment"), scene.make("cancel")
    stranger = keys.derive("abandon " * 23 + "art")
    for seen, found in ((payment, 1), (cancel, 0)):
        sides = [trader.wallet.seed for trader in scene.town.traders]
        counts = [sum(opened(leg, seed) is not None for leg in seen.bundle.legs) for seed in sides]
        assert sorted(counts) == [found, 1] and not any(opened(leg, stranger) for leg in seen.bundle.legs)


@cell(KIND, OWNER, says="yes")
def kind_known(scene, party):
    """His own account after a cancelled order is as it was."""
    seen = scene.make("cancel")
    found = [opened(leg, trader.wallet.seed) for leg in seen.bundle.legs for trader in scene.town.traders]
    [(account, _)] = [one for one in found if one]
    fees = 2 * scene.town.traders[0].ledger.pool.parameters.fees.leg
    assert account.balances[1:] == (scene.town.rich,) * 2 + (0,) * 13 and account.balances[0] == scene.town.rich - fees


@cell(TRADE, EVERYBODY, says="no")
def trade_hidden(scene, party):
    tell_apart(scene.small_and_large, scene.town)


@cell(TRADE, COUNTERPARTY, says="its own trade")
def trade_agreed(scene, party):
    """The terms open the leg's commitment to the change, and no other amounts do."""
    made, leg = scene.trade.maker, leg_of(scene.trade, scene.trade.maker)
    body = terms.encode(terms.Terms(plan.changes(SMALL, PAID), made.blinding, made.expiry_ms))
    agreed = terms.decode(body.ljust(sealing.BODY_BYTES, b"\0"), made.expiry_ms)
    readers.check_opening(leg, agreed.changes, agreed.blinding, "the quote")
    with pytest.raises(Exception, match="do not open"):
        readers.check_opening(leg, plan.changes(SMALL, {0: 1_001}), agreed.blinding, "the quote")


@cell(TRADE, GUARDIANS, says="of accounts that owe")
def trade_on_margin(scene, party):
    """They open the account before and after it; of a cash account nothing is encrypted to them."""
    assert seen_by_guardians(leg_of(scene.on_margin, scene.on_margin.maker)).balances[8] == -DEBT[8]
    assert not any(map(seen_by_guardians, scene.trade.bundle.legs))
    trade_hidden(scene, party)


@cell(TRADE, OWNER, says="yes")
def trade_known(scene, party):
    made = scene.trade.maker
    leg = leg_of(scene.trade, made)
    account, _ = next(filter(None, (opened(leg, trader.wallet.seed) for trader in scene.town.traders)))
    change = [after - before for after, before in zip(account.balances, made.private.old.balances, strict=True)]
    assert generators.commit(change, made.blinding) == (leg.public.value_x, leg.public.value_y)


@cell(WHO, EVERYBODY, COUNTERPARTY, says="no")
def owners_hidden(scene, party):
    """Nor does the blinding tell, which a taker reads; and no number of one leg is in another of the same owner."""
    one, other = scene.one_and_the_other
    knows = (lambda seen: {}) if party == EVERYBODY else (
        lambda seen: {"blinding": seen.maker.blinding / 2**251, "blinding is odd": seen.maker.blinding % 2}
    )  # fmt: skip
    tell_apart((one, other), scene.town, knows)
    legs = [leg_of(seen, seen.maker) for seen in one]
    sealed = [(leg.ciphertexts[0][:32], leg.ciphertexts[0][-32:], leg.terms) for leg in legs]
    numbers = [{*vars(leg.public).values(), *more} - {0, leg.root} for leg, more in zip(legs, sealed, strict=True)]
    assert len(set.union(*numbers)) == sum(map(len, numbers))


@cell(WHO, GUARDIANS, says="of accounts that owe: their order, and a hash of the owner's keys")
def owners_of_debts(scene, party):
    """What they open has rho, by which they know the nullifier that ends it, and the owner; no name, and no key."""
    leg = leg_of(scene.on_margin, scene.on_margin.maker)
    account = seen_by_guardians(leg)
    assert account == scene.on_margin.maker.account and records.kappa(account, 0) == account.rho
    cash = records.Account(account.owner, account.balances, 0, account.rho)
    assert records.kappa(cash, 5) == 5, "of a cash account they would need a key"
    owners_hidden(scene, EVERYBODY)


@cell(WHO, OWNER, says="yes")
def owners_known(scene, party):
    made = scene.trade.maker
    account, index = next(
        filter(None, (opened(leg_of(scene.trade, made), trader.wallet.seed) for trader in scene.town.traders))
    )
    owners = {keys.account(trader.wallet.seed, index).owner for trader in scene.town.traders}
    assert account.owner in owners and made.private.old.owner == account.owner


@cell(CASH, EVERYBODY, COUNTERPARTY, GUARDIANS, says="no")
def cash_hidden(scene, party):
    legs = [leg for group in scene.poor_and_rich for seen in group for leg in seen.bundle.legs]
    assert not any(map(seen_by_guardians, legs))
    knows = {} if party != COUNTERPARTY else {"sold": SMALL[2], "bought": PAID[0]}
    tell_apart(scene.poor_and_rich, scene.town, lambda seen: knows)


@cell(CASH, OWNER, says="yes")
def cash_known(scene, party):
    made = scene.trade.maker
    found = [opened(leg_of(scene.trade, made), trader.wallet.seed) for trader in scene.town.traders]
    assert [one for one in found if one] == [(made.account, made.private.position)]


@cell(OWING, EVERYBODY, COUNTERPARTY, says="no")
def debts_hidden(scene, party):
    """The amount of the trade is the counterparty's own; the balances before and after it are not."""
    groups = scene.owing_little_and_much if party == EVERYBODY else scene.holding_little_and_much
    assert all(leg_of(seen, seen.maker).public.guard for group in groups for seen in group)
    tell_apart(groups, scene.town)


@cell(OWING, GUARDIANS, says="yes")
def debts_seen(scene, party):
    assert seen_by_guardians(leg_of(scene.on_margin, scene.on_margin.maker)) == scene.on_margin.maker.account


@cell(OWING, OWNER, says="yes")
def debts_known(scene, party):
    made = scene.on_margin.maker
    found = [opened(leg_of(scene.on_margin, made), trader.wallet.seed) for trader in scene.town.traders]
    assert [one for one in found if one] == [(made.account, made.private.position)]
