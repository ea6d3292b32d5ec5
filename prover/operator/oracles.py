"""What a pool's oracles quote, and the epochs that follow from it.

Oracles who are different people each sign with their own key (`signed`), and their quotes travel; on one machine
`publish` does it all.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from prover.machine import clock
from prover.operator import defaults
from settlement import amounts, engine
from settlement.ledger import Ledger
from settlement.pool.assets import NUMERAIRE, Perpetual
from settlement.pool.pool import Pool, asset_index
from settlement.risk import market, oracle, quotes, risk
from settlement.risk.grids import Publication
from settlement.risk.market import Observation
from settlement.risk.quotes import Quote
from zk.errors import FormatError

NO_PRICE = "none"
"""What an oracle says of a claim that it has no price of, so that it is suspended (settlement.risk.market)."""


def parse_prices(texts: Mapping[str, str], pool: Pool) -> dict[int, int]:
    """{slot: price} of {symbol: text}, such as {"ETH": "3050.25"}, in the unit of settlement.risk.risk.

    Raises FormatError for an unknown asset, for one that is named twice or has no price of its own, and for a price
    that is not exact.
    """
    numeraire = pool.assets[NUMERAIRE]
    prices: dict[int, int] = {}
    for symbol, text in texts.items():
        slot = _slot(symbol, prices, pool, "price")
        asset = pool.assets[slot]
        if asset.kind == "option":
            raise FormatError(
                f"{asset.symbol} has no price of its own, it follows from its underlying's: give its volatility"
            )
        if asset.kind == "loan":
            raise FormatError(f"{asset.symbol} has no price of its own: it grows by the pool's interest")
        has_none = text == NO_PRICE and asset.is_claim
        prices[slot] = 0 if has_none else amounts.parse_price(text, asset, numeraire)
    return prices


def parse_volatilities(texts: Mapping[str, str], ledger: Ledger, now_ms: int) -> dict[int, int]:
    """{slot: volatility in bps} of {symbol: text}, such as {"ETH": "3.5%"}: of a factor a day, of an option a year.

    Raises FormatError for an unknown asset, for one that is named twice or is neither, and for a text that is not a
    percentage with at most two decimals.
    """
    pool = ledger.pool
    volatilities: dict[int, int] = {}
    factors = risk.factors(ledger.parameters(now_ms))
    for symbol, text in texts.items():
        slot = _slot(symbol, volatilities, pool, "volatility")
        if slot not in factors and pool.assets[slot].kind != "option":
            raise FormatError(f"{pool.assets[slot].symbol} has no volatility: only risk factors and options have one")
        asset = pool.assets[slot]
        has_none = text == NO_PRICE and asset.is_claim
        volatilities[slot] = 0 if has_none else amounts.parse_percent(text, f"the volatility of {asset.symbol}")
    return volatilities


def observation(
    ledger: Ledger, prices: Mapping[int, int], volatilities: Mapping[int, int] = MappingProxyType({})
) -> Observation:
    """What oracles quote of every slot: the changed number, otherwise the newest epoch's, otherwise the example's.

    A perpetual whose underlying alone is changed moves with it.

    Raises FormatError when an asset has none: it is not an example asset, and no epoch is published yet.
    """
    newest = newest_publication(ledger)
    before = defaults.observation(ledger.pool) if newest is None else oracle.observation(newest)
    slots = range(len(ledger.pool.assets))
    merged = Observation(
        tuple(_price(ledger.pool, slot, prices, before) for slot in slots),
        tuple(volatilities.get(slot, before.volatilities[slot]) for slot in slots),
    )
    for slot in market.quoted(ledger.pool, ledger.reader.rates()):
        asset = ledger.pool.assets[slot]
        if asset.kind != "option" and not merged.prices[slot] and (asset.is_held or slot not in prices):
            raise FormatError(f"{asset.symbol} has no price yet: give one with --price {asset.symbol}=PRICE")
        if asset.kind == "option" and not merged.volatilities[slot] and slot not in volatilities:
            option = f"--volatility {asset.symbol}=PERCENT"
            raise FormatError(f"{asset.symbol} lacks a volatility: give one with {option}, or {NO_PRICE} to suspend it")
    return merged


def publish(ledger: Ledger, secrets: Iterable[int], observed: Observation, now_ms: int) -> Publication:
    """Signs what was observed with these oracles' keys and publishes the grids of the next epoch.

    Raises Rejected as settlement.risk.oracle.check does.
    """
    time = clock.running(now_ms)  # a bundle may settle while the prices are signed
    quoted = signed(ledger, secrets, observed, now_ms)
    return engine.publish(ledger, quoted, time()).publication


def signed(ledger: Ledger, secrets: Iterable[int], observed: Observation, now_ms: int) -> list[Quote]:
    """Quotes for the next epoch, of what was observed, under the keys of these oracles."""
    newest = newest_publication(ledger)
    epoch, time_ms = 1, now_ms
    if newest is not None:
        epoch, time_ms = newest.epoch + 1, max(now_ms, newest.market.time_ms + 1)  # never twice within a millisecond
    parameters, rates = ledger.parameters(now_ms), ledger.reader.rates()
    return quotes.sign_all(ledger.pool, parameters, rates, tuple(secrets), observed, time_ms, epoch)


def together(parts: Iterable[Iterable[Quote]]) -> list[Quote]:
    """The quotes of several oracles as one list; of two quotes of one asset by one oracle the newer."""
    ordered = sorted((quote for part in parts for quote in part), key=lambda quote: quote.time_ms)
    return list({(quote.oracle, quote.asset): quote for quote in ordered}.values())


def newest_publication(ledger: Ledger) -> Publication | None:
    """The publication of the newest epoch, or None before the first."""
    return next((published.publication for published in ledger.reader.grids(1)), None)


def _price(pool: Pool, slot: int, changed: Mapping[int, int], before: Observation) -> int:
    terms, price = pool.assets[slot].terms, before.prices[slot]
    if slot in changed:
        return changed[slot]
    if isinstance(terms, Perpetual) and terms.underlying in changed and before.prices[terms.underlying]:
        return price * changed[terms.underlying] // before.prices[terms.underlying]
    return price


def _slot(symbol: str, known: Mapping[int, int], pool: Pool, what: str) -> int:
    slot = asset_index(pool, symbol)
    if slot in known:
        raise FormatError(f"the {what} of {pool.assets[slot].symbol} is given twice")
    return slot
