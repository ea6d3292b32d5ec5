"""The cells about what a ledger and a board show to all."""

from circuits import records
from prover.trader import addresses, backing, plan, readers, sealing, seized, terms
from prover.trader.wallets import Holding
from settlement.bundles.bundle import Account
from settlement.ledger import Ledger
from settlement.orders import funds
from tests.observer.scene import PAID, SMALL, leg_of
from tests.observer.town import unproved
from tests.observer.who_learns import (
    COUNTERPARTY,
    EVERYBODY,
    FLOWS,
    FUNDS,
    GUARDIANS,
    MARGIN,
    MARKET,
    OWNER,
    PARTIES,
    PUBLIC,
    SEIZED,
    cell,
)  # fmt: skip
from zk.hashes import poseidon


@cell(MARGIN, *PARTIES, says="yes")
def margin_shown(scene, party):
    on_margin, cash = leg_of(scene.on_margin, scene.on_margin.maker), leg_of(scene.trade, scene.trade.maker)
    assert on_margin.public.guard == 1 and on_margin.margin.epoch == scene.town.grid.epoch
    assert cash.public.guard == 0 and cash.margin is None and cash.escrow is None


@cell(SEIZED, EVERYBODY, COUNTERPARTY, says="that one was")
def seizure_shown(scene, party):
    """Its public inputs are a root, a nullifier and commitments; no number in them is of the account."""
    [seizure] = scene.world.prepared.bundle.seizures
    account = scene.world.victim.account
    secret = {account.owner, account.rho, *map(abs, account.balances)} - {0}
    assert not secret & set(vars(seizure.public).values())


@cell(SEIZED, GUARDIANS, says="what")
def seizure_decided(scene, party):
    """What they seize they opened before: rho, which the nullifier needs, and the balances."""
    world = scene.world
    account, position = world.victim.account, world.victim.position
    commitment = account.commitment(poseidon.hash)
    nullifier = records.nullifier(poseidon.hash, account.rho, commitment, position)
    assert world.prepared.bundle.seizures[0].nullifier == nullifier


@cell(SEIZED, OWNER, says="yes")
def seizure_explained(scene, party):
    world, [seizure] = scene.world, scene.world.prepared.bundle.seizures
    holding = Holding(world.victim.account, 0, world.victim.position, seizure.nullifier)
    told = seized.find(world.ledger, holding)
    assert told.account == holding and told.residual.account.commitment(poseidon.hash) == seizure.commitment


@cell(FLOWS, *PARTIES, says="yes")
def flows_shown(scene, party):
    """The ledger's file has them in clear, for whoever reads it."""
    with Ledger.open(scene.world.path, read_only=True) as ledger:
        rows = [row.flow for row in ledger.reader.flows() if row.flow.account is Account.OUTSIDE]
    assert rows and all(flow.amount and flow.party == b"bank" and flow.reference for flow in rows)


@cell(MARKET, *PARTIES, says="yes")
def market_shown(scene, party):
    with Ledger.open(scene.world.path, read_only=True) as ledger:
        published = ledger.reader.grids(1)[0].publication
        reserves, insurance = ledger.reader.reserves(), ledger.reader.insurance()
    assert published.prices[0] == 10**9 and len(published.initial.values) == records.SCENARIOS
    assert sum(reserves.values()) > 0 and insurance == scene.world.prepared.bundle.legs[0].commitment


@cell(FUNDS, *PARTIES, says="yes")
def funds_shown(scene, party):
    """The thresholds stand in the posting; an order without funds has no bytes there."""
    session = scene.town.traders[0]
    setting = scene.trade.maker.setting
    asset = backing.choose(setting, session.wallet.live[0].account.balances, is_wanted=True)
    source = plan.genesis_source(5)
    with unproved():
        shown = funds.decode(backing.prove(setting, source, asset, bytes(32), session.keystore))
    assert shown.public.thresholds[asset] == setting.parameters.board.funds[asset] == 100 * 10**6
    assert backing.choose(setting, session.wallet.live[0].account.balances, is_wanted=False) is None


@cell(PUBLIC, *PARTIES, says="yes")
def order_for_everybody(scene, party):
    """Sealed under a key that is public; one to an address opens for that one alone."""
    agreed = terms.Terms(plan.changes(SMALL, PAID), 77, 1_000)
    [public] = readers.seal_terms(agreed, readers.addresses_of([readers.EVERYBODY]), 5)
    [private] = readers.seal_terms(agreed, [addresses.throwaway()], 5)
    opener = sealing.Opener(sealing.EVERYBODY)
    assert terms.decode(opener.open(public, 5).body, 1_000) == agreed
    assert opener.open(private, 5) is None and len(public) == len(private)
