"""Oracles: only signed quotes count, medians are of a quorum, time goes forward, and every refusal has its number."""

from dataclasses import replace

import pytest

from settlement import coverage, engine, grids, market, oracle, poolfile, quotes, risk
from settlement.grids import Coverage
from settlement.ledger import Ledger
from settlement.market import Observation
from settlement.rejection import Rejected, Rejection
from tests.settlement import markets, pools, samples
from tests.settlement.markets import BTC, CALL, DUSDC, ETH, PERP, TBILL, USDC
from zk import signature
from zk.errors import FormatError

NOW = samples.NOW_MS
LATER = NOW + 60_000
POOL = pools.make()
FIVE = replace(POOL.parameters, oracle_keys=tuple(map(signature.public, range(1, 6))), quorum=4)


def spread(observed: Observation, place: int) -> Observation:
    """What the oracle at this place says: a thousand units and a bp more than the one before it."""
    slots = market.quoted(POOL, {})
    return Observation(
        tuple(price + 1_000 * place * (price > 0) for price in observed.prices),
        tuple(bps + place * (bps > 0 and slot in slots) for slot, bps in enumerate(observed.volatilities)),
    )


def signed(
    observed=samples.OBSERVED, epoch=1, time_ms=NOW, secrets=pools.ORACLE_SECRETS, pool=POOL, parameters=None, rates=()
):
    """Every oracle's quotes, each a little higher than the last one's, all at once."""
    parameters = parameters or pool.parameters
    return [
        quote
        for place, secret in enumerate(secrets)
        for quote in quotes.sign_all(
            pool, parameters, dict.fromkeys(rates, 0), [secret], spread(observed, place), time_ms, epoch
        )
    ]


def check(quoted, previous=None, now_ms=NOW, pool=POOL, parameters=None, rates=None):
    return oracle.check(pool, parameters or pool.parameters, rates or {}, quoted, previous, now_ms)


def refused(*args, **kwargs) -> Rejection:
    with pytest.raises(Rejected) as caught:
        check(*args, **kwargs)
    return caught.value.rejection


@pytest.fixture(scope="module")
def honest():
    return signed()


@pytest.fixture(scope="module")
def first(honest):
    return check(honest)


@pytest.fixture(scope="module")
def later():
    return signed(epoch=2, time_ms=LATER)


def test_prices_and_volatilities_are_the_medians_of_three(first):
    middle = spread(samples.OBSERVED, 1)
    assert oracle.observation(first) == middle
    assert first.prices[:6] == middle.prices[:6] and first.market.volatilities == middle.volatilities
    assert first.epoch == 1 and first.market.time_ms == NOW and first.coverage is Coverage.RANGE


def test_of_two_middle_prices_the_lower_counts():
    quoted = signed(secrets=(1, 2, 3, 4), parameters=FIVE)
    assert oracle.observation(check(quoted, parameters=FIVE)) == spread(samples.OBSERVED, 1)


def test_of_five_oracles_one_may_be_silent_and_not_two():
    for silent in range(5):
        quoted = [quote for quote in signed(secrets=range(1, 6), parameters=FIVE) if quote.oracle != silent]
        assert check(quoted, parameters=FIVE).epoch == 1
        assert refused([q for q in quoted if q.oracle != (silent + 1) % 5], parameters=FIVE) == Rejection.NO_QUORUM


def test_one_liar_among_three_moves_no_number_past_an_honest_one(honest):
    lies = [
        quotes.sign(POOL, POOL.parameters, pools.ORACLE_SECRETS[0], asset=BTC, price=10**6, volatility_bps=10**6,
                    time_ms=NOW, epoch=1)
    ]  # fmt: skip
    publication = check([*lies, *(quote for quote in honest if (quote.oracle, quote.asset) != (0, BTC))])
    assert publication.prices[BTC] == samples.OBSERVED.prices[BTC] + 1_000
    assert publication.market.volatilities[BTC] == samples.OBSERVED.volatilities[BTC] + 2


def test_the_same_evidence_makes_the_same_publication_again(first):
    assert check(quotes.decode(first.evidence)) == first
    assert grids.decode(grids.encode(first)) == first


def test_an_unregistered_key_neither_signs_nor_counts(honest):
    with pytest.raises(Rejected) as caught:
        quotes.sign(POOL, POOL.parameters, 44, asset=1, price=10**6, volatility_bps=1, time_ms=NOW, epoch=1)
    assert caught.value.rejection == Rejection.UNKNOWN_ORACLE
    assert refused([*honest[:-1], replace(honest[-1], oracle=3)]) == Rejection.UNKNOWN_ORACLE


@pytest.mark.parametrize(
    "change", [{"price": 10**7}, {"volatility_bps": 9}, {"asset": 0}, {"time_ms": NOW + 1}, {"epoch": 2}, {"oracle": 1}]
)
def test_every_part_of_a_quote_is_signed(honest, change):
    assert honest[5].oracle == 0
    assert refused([*honest[:5], replace(honest[5], **change), *honest[6:]]) == Rejection.PRICE_SIGNATURE


def test_a_price_signed_for_another_ledger_does_not_count(honest):
    elsewhere = pools.make(salt=bytes([1]) * 16)
    assert refused(honest, pool=elsewhere) == Rejection.PRICE_SIGNATURE


def test_a_price_is_stale_one_millisecond_after_its_age_and_not_before(honest):
    last = NOW + POOL.parameters.limits.price_age_ms
    assert check(honest, now_ms=last).epoch == 1
    assert refused(honest, now_ms=last + 1) == Rejection.PRICE_STALE


def test_a_price_from_the_future_is_refused_beyond_the_clocks_skew(honest):
    assert check(honest, now_ms=NOW - oracle.CLOCK_SKEW_MS).epoch == 1
    with pytest.raises(Rejected, match=f"signed a price {oracle.CLOCK_SKEW_MS + 1} ms in the future"):
        check(honest, now_ms=NOW - oracle.CLOCK_SKEW_MS - 1)


def test_quotes_of_one_epoch_are_at_most_a_minute_apart(honest):
    """M7: or the publisher mixes a price of now with one of ten minutes ago."""
    parameters = replace(POOL.parameters, limits=replace(pools.LIMITS, price_age_ms=600_000))
    for apart_ms, is_fine in ((oracle.SPREAD_MS, True), (oracle.SPREAD_MS + 1, False)):
        old = signed(time_ms=NOW - apart_ms, secrets=pools.ORACLE_SECRETS[:1], parameters=parameters)
        mixed = [*old, *(quote for quote in honest if quote.oracle)]
        if is_fine:
            assert check(mixed, parameters=parameters).market.time_ms == NOW
        else:
            assert refused(mixed, parameters=parameters) == Rejection.PRICE_SPREAD


def test_every_quote_is_newer_than_the_newest_of_the_epoch_before(first):
    """M7: or the publisher holds a price back and publishes it after a newer one."""
    assert refused(signed(epoch=2, time_ms=NOW), first) == Rejection.PRICE_ORDER
    assert check(signed(epoch=2, time_ms=NOW + 1), first).epoch == 2
    one_old = [*signed(epoch=2, time_ms=NOW + 1)[1:], signed(epoch=2, time_ms=NOW)[0]]
    assert refused(one_old, first) == Rejection.PRICE_ORDER


def test_an_asset_without_a_quorum_stops_the_publication(honest):
    assert refused([quote for quote in honest if quote.asset != TBILL or quote.oracle == 2]) == Rejection.NO_QUORUM
    assert refused([quote for quote in honest if quote.oracle != 1]) == Rejection.NO_QUORUM
    assert refused([]) == Rejection.NO_QUORUM


def test_one_oracle_does_not_make_a_quorum_by_signing_twice(honest):
    second = quotes.sign(
        POOL, POOL.parameters, pools.ORACLE_SECRETS[0], asset=TBILL, price=10**9, volatility_bps=0, time_ms=NOW, epoch=1
    )
    assert refused([*honest, second]) == Rejection.NO_QUORUM
    alone = [quote for quote in honest if quote.asset != TBILL or quote.oracle == 0]
    assert refused([*alone, second]) == Rejection.NO_QUORUM


@pytest.mark.parametrize("slot", [DUSDC, 6, 12])
def test_what_has_no_price_of_its_own_is_not_quoted(honest, slot):
    more = quotes.sign(
        POOL, POOL.parameters, pools.ORACLE_SECRETS[0], asset=slot, price=10**9, volatility_bps=0, time_ms=NOW, epoch=1
    )
    assert refused([*honest, more]) == Rejection.NO_QUORUM


@pytest.mark.parametrize("epoch", [1, 3])
def test_the_epoch_must_be_the_next_one(first, epoch):
    assert refused(signed(epoch=epoch, time_ms=LATER), first, now_ms=LATER) == Rejection.WRONG_EPOCH


def test_quotes_of_two_epochs_make_none(first, later):
    other = signed(epoch=3, time_ms=LATER)
    assert refused([*later[:-1], other[-1]], first, now_ms=LATER) == Rejection.WRONG_EPOCH


@pytest.mark.parametrize("slot", [USDC, BTC, PERP])
def test_a_price_of_too_few_digits_is_refused(slot):
    """M9: rounding a price of 3 to whole units moves it by a tenth, and whoever is short needs no margin."""
    prices = list(samples.OBSERVED.prices)
    for price, is_fine in ((oracle.LEAST_PRICE, True), (oracle.LEAST_PRICE - 1, False)):
        prices[slot] = price
        quoted = [
            quote
            for secret in pools.ORACLE_SECRETS
            for quote in quotes.sign_all(
                POOL, POOL.parameters, {}, [secret], replace(samples.OBSERVED, prices=tuple(prices)), NOW, 1
            )
        ]
        if is_fine:
            assert check(quoted).epoch == 1
        else:
            assert refused(quoted) == Rejection.PRICE_COARSE


def test_an_option_has_no_price_and_only_factors_and_options_have_volatilities():
    for slot, price, volatility, says in (
        (CALL, 10**9, 6_000, "a quote of ETH-CALL has a price"),
        (CALL, 0, 0, "a quote of ETH-CALL lacks a volatility"),
        (ETH, 10**9, 0, "a quote of ETH lacks a volatility"),
        (PERP, 10**14, 5, "a quote of ETH-PERP has a volatility"),
    ):
        prices, volatilities = map(list, (samples.OBSERVED.prices, samples.OBSERVED.volatilities))
        prices[slot], volatilities[slot] = price, volatility
        observed = Observation(tuple(prices), tuple(volatilities))
        quoted = quotes.sign_all(POOL, POOL.parameters, {}, pools.ORACLE_SECRETS, observed, NOW, 1)
        with pytest.raises(FormatError, match=says):
            check(quoted)


def test_a_price_whose_scenarios_do_not_fit_in_64_bits_is_refused():
    """An option's smallest unit is about 10^5 of ether's; a price below 2^63 may more than double in a scenario."""
    dear = markets.moved(ETH=40_000, basis=1 / 40_000)
    assert refused(signed(dear)) == Rejection.PRICE_RANGE
    assert refused(signed(markets.moved(ETH=30_600, volatility=10))) == Rejection.PRICE_RANGE
    assert check(signed(markets.moved(ETH=30_600))).epoch == 1


def test_a_move_beyond_the_last_range_is_published_and_frozen_and_the_next_covered_epoch_is_not(first):
    """H2: refusing such prices would leave the old ones in force."""
    crash = markets.moved(BTC=0.75)
    second = check(signed(crash, epoch=2, time_ms=LATER), first, LATER)
    assert second.coverage is Coverage.FROZEN and second.prices[BTC] == crash.prices[BTC] + 1_000
    third = check(signed(crash, epoch=3, time_ms=LATER + 1), second, LATER + 1)
    assert third.coverage is Coverage.MIXTURE


def test_the_coverage_is_that_of_the_newest_maintenance_grid_in_the_last_initial_grid(first, later):
    second = check(later, first, LATER)
    assert second.coverage is coverage.find(first, second.prices, second.maintenance) is Coverage.MIXTURE
    assert (second.initial, second.maintenance) == risk.grids(POOL, POOL.parameters, second.market)


def test_interest_runs_between_the_newest_quotes_of_two_epochs(first, later):
    second = check(later, first, LATER + 20_000)
    assert second.market.time_ms == LATER
    assert second.market == market.advance(
        POOL, POOL.parameters, oracle.observation(second), {}, first.market, second.market.time_ms
    )
    assert second.market.indices[DUSDC] > market.ONE


def test_a_settled_claim_is_quoted_no_more_and_keeps_its_rate(first):
    rates = {CALL: 123}
    quoted = signed(epoch=2, time_ms=LATER, rates=rates)
    second = check(quoted, first, LATER, rates=rates)
    assert second.rates == rates and second.prices[CALL] == 123 * second.prices[DUSDC]
    assert refused(signed(epoch=2, time_ms=LATER), first, LATER, rates=rates) == Rejection.NO_QUORUM


def test_more_quotes_than_any_pool_can_have_are_refused_unread(honest):
    with pytest.raises(FormatError, match="there are 257 quotes, more than 256"):
        check(honest[:1] * (quotes.MAX_QUOTES + 1))
    with pytest.raises(FormatError, match=f"the quotes have {quotes.MAX_EVIDENCE_BYTES + 1} bytes, more than"):
        quotes.decode(bytes(quotes.MAX_EVIDENCE_BYTES + 1))


def test_quotes_read_back_from_their_bytes_in_the_order_of_assets_and_oracles(honest):
    read = quotes.decode(quotes.encode(reversed(honest)))
    assert sorted(read, key=lambda quote: (quote.oracle, quote.asset)) == honest


SIZE = quotes.QUOTE_BYTES


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"zkQ1" + data[4:],
        lambda data: data[:4] + data[4 + SIZE : 4 + 2 * SIZE] + data[4 : 4 + SIZE] + data[4 + 2 * SIZE :],
        lambda data: data[:5] + b"\x10" + data[6:],
        lambda data: data * 12,
    ],
    ids=["short", "long", "magic", "order", "asset 16", "too many"],
)
def test_other_bytes_are_no_quotes(first, spoil):
    with pytest.raises(FormatError):
        quotes.decode(spoil(first.evidence))


def test_a_number_out_of_range_is_no_quote(honest):
    for change in (
        {"price": -1}, {"price": 2**63}, {"epoch": 0}, {"asset": 16}, {"time_ms": -1}, {"oracle": 16},
        {"volatility_bps": 10**6 + 1},
    ):  # fmt: skip
        with pytest.raises(FormatError, match=f"{next(iter(change)).split('_')[0]}"):
            check([replace(honest[0], **change), *honest[1:]])


def test_a_quote_is_the_bytes_that_its_oracle_signed(honest):
    """Written out from the format: SHA-256 over the tag, the ledger's id and the fields, each after its length."""
    import hashlib
    import struct

    quote = honest[1]
    body = struct.pack(">BBQIQQ", 0, quote.asset, quote.price, quote.volatility_bps, quote.time_ms, quote.epoch)
    parts = (b"zksettle/quote", poolfile.ledger_id(POOL), body)
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    message = int.from_bytes(hashlib.sha256(framed).digest()[:31], "big")
    assert quotes.message(poolfile.ledger_id(POOL), quote) == message
    signature.verify(POOL.parameters.oracle_keys[quote.oracle], message, quote.signature)


def test_a_ledger_accepts_epochs_in_order_and_stores_their_evidence(tmp_path, honest):
    with Ledger.create(tmp_path / "ledger.sqlite", POOL, NOW) as ledger:
        engine.publish(ledger, honest, NOW)
        with pytest.raises(Rejected) as caught:
            engine.publish(ledger, honest, NOW)
        assert caught.value.rejection == Rejection.PRICE_ORDER
        second = engine.publish(ledger, signed(epoch=2, time_ms=LATER), LATER)
        assert [grid.publication.epoch for grid in ledger.reader.grids(2)] == [2, 1]
        assert ledger.reader.grids(1)[0] == second and second.published_ms == LATER
