"""Oracles: only signed prices count, the median is of a quorum, and every refusal has its number."""

from dataclasses import replace

import pytest

from settlement import checks, engine, oracle
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement import pools
from zk import signature
from zk.errors import FormatError

NOW = 1_800_000_000_000
POOL = pools.make()


def quotes(prices=pools.OBSERVED.prices, epoch=1, time_ms=NOW, secrets=pools.ORACLE_SECRETS, pool=POOL, spread=0):
    """Every oracle's price of every asset; oracle i says `spread` · i more."""
    return [
        oracle.sign(pool, secret, asset, price + spread * place, time_ms, epoch)
        for place, secret in enumerate(secrets)
        for asset, price in enumerate(prices)
    ]


@pytest.fixture(scope="module")
def honest():
    return quotes(spread=1_000)


@pytest.fixture(scope="module")
def first(honest):
    return oracle.check(POOL, honest, None, NOW)


def refused(quoted, previous=None, now_ms=NOW, pool=POOL) -> Rejection:
    with pytest.raises(Rejected) as caught:
        oracle.check(pool, quoted, previous, now_ms)
    return caught.value.rejection


def test_the_price_is_the_median_of_three(first):
    assert oracle.prices(first) == tuple(price + 1_000 for price in pools.PRICES)
    assert first.epoch == first.initial.epoch == first.maintenance.epoch == 1


def test_of_two_middle_prices_the_lower_counts(honest):
    four = pools.make(oracle_keys=(*POOL.oracle_keys, signature.public(14)))
    quoted = quotes(spread=1_000, secrets=(*pools.ORACLE_SECRETS, 14), pool=four)
    assert oracle.prices(oracle.check(four, quoted, None, NOW)) == tuple(price + 1_000 for price in pools.PRICES)


def test_one_liar_among_three_moves_no_price_past_an_honest_one(honest):
    lie = oracle.sign(POOL, pools.ORACLE_SECRETS[0], 1, 1, NOW, 1)
    quoted = [lie if (quote.oracle, quote.asset) == (0, 1) else quote for quote in honest]
    assert oracle.prices(oracle.check(POOL, quoted, None, NOW))[1] == pools.PRICES[1] + 1_000


def test_the_same_evidence_makes_the_same_publication_again(first):
    assert oracle.check(POOL, oracle.decode(first.evidence), None, NOW) == first


def test_an_unregistered_key_neither_signs_nor_counts(honest):
    with pytest.raises(Rejected) as caught:
        oracle.sign(POOL, 44, 1, 1, NOW, 1)
    assert caught.value.rejection == Rejection.UNKNOWN_ORACLE
    assert refused([*honest[:-1], replace(honest[-1], oracle=3)]) == Rejection.UNKNOWN_ORACLE


@pytest.mark.parametrize("change", [{"price": 5}, {"asset": 0}, {"time_ms": NOW + 1}, {"epoch": 2}, {"oracle": 1}])
def test_every_part_of_a_quote_is_signed(honest, change):
    assert honest[5].oracle == 0
    assert refused([*honest[:5], replace(honest[5], **change), *honest[6:]]) == Rejection.PRICE_SIGNATURE


def test_a_price_signed_for_another_ledger_does_not_count(honest):
    elsewhere = pools.make(salt=bytes([1]) * 16)
    assert refused(honest, pool=elsewhere) == Rejection.PRICE_SIGNATURE


def test_a_price_is_stale_one_millisecond_after_its_age_and_not_before(honest):
    last = NOW + POOL.limits.price_age_ms
    assert oracle.check(POOL, honest, None, last).epoch == 1
    assert refused(honest, now_ms=last + 1) == Rejection.PRICE_STALE


def test_a_price_from_the_future_is_refused_beyond_the_clocks_skew(honest):
    assert oracle.check(POOL, honest, None, NOW - oracle.CLOCK_SKEW_MS).epoch == 1
    assert refused(honest, now_ms=NOW - oracle.CLOCK_SKEW_MS - 1) == Rejection.PRICE_STALE
    with pytest.raises(Rejected, match=f"signed a price {oracle.CLOCK_SKEW_MS + 1} ms in the future"):
        oracle.check(POOL, honest, None, NOW - oracle.CLOCK_SKEW_MS - 1)


def test_an_asset_without_a_quorum_stops_the_publication(honest):
    quoted = [quote for quote in honest if quote.asset != 4 or quote.oracle == 2]
    assert refused(quoted) == Rejection.NO_QUORUM
    assert refused([]) == Rejection.NO_QUORUM


def test_a_liar_cannot_leave_an_honest_oracle_out(honest):
    """Of two prices the lower would count, and a liar chooses how low."""
    assert refused([quote for quote in honest if quote.oracle != 1]) == Rejection.NO_QUORUM


def test_one_oracle_does_not_make_a_quorum_by_signing_twice(honest):
    second = oracle.sign(POOL, pools.ORACLE_SECRETS[0], 4, pools.PRICES[4] + 5, NOW, 1)
    assert refused([*honest, second]) == Rejection.NO_QUORUM
    alone = [quote for quote in honest if quote.asset != 4 or quote.oracle == 0]
    assert refused([*alone, second]) == Rejection.NO_QUORUM


@pytest.mark.parametrize("asset", range(8))
@pytest.mark.parametrize("furthest, direction", [(min, -1), (max, 1)], ids=["down", "up"])
def test_a_price_moves_as_far_as_the_last_initial_grid_covers_and_no_further(asset, furthest, direction):
    previous = oracle.check(POOL, quotes(), None, NOW)
    moved = list(pools.PRICES)
    moved[asset] = furthest(row[asset] for row in previous.initial.values)
    if moved[asset]:  # an option's least value may be 0, and no oracle can sign that
        assert oracle.check(POOL, quotes(moved, epoch=2), previous, NOW).epoch == 2
    moved[asset] += direction
    if moved[asset] > 0:
        assert refused(quotes(moved, epoch=2), previous) == Rejection.PRICE_DEVIATION


def test_more_quotes_than_any_pool_can_have_are_refused_unread(honest):
    with pytest.raises(FormatError, match="there are 129 quotes, more than 128"):
        oracle.check(POOL, honest[:1] * (oracle.MAX_QUOTES + 1), None, NOW)
    with pytest.raises(FormatError, match=f"the quotes have {oracle.MAX_EVIDENCE_BYTES + 1} bytes, more than"):
        oracle.decode(bytes(oracle.MAX_EVIDENCE_BYTES + 1))


def test_a_refused_price_is_told_in_the_numeraire_and_not_in_raw_units():
    first = oracle.check(POOL, quotes(), None, NOW)
    lower = (*pools.PRICES[:2], 2_100_000_000, *pools.PRICES[3:])
    with pytest.raises(Rejected) as caught:
        oracle.check(POOL, quotes(lower, epoch=2), first, NOW)
    assert caught.value.rejection == Rejection.PRICE_DEVIATION
    assert caught.value.detail == "the price of ETH is 2,100 USDC, but the grid in force covers 2,406 to 3,594 USDC"


def test_an_asset_without_a_stated_move_keeps_its_price(first):
    assert pools.ASSETS[0].risk.factor is None and not pools.ASSETS[0].risk.haircut_bps
    dearer = (pools.PRICES[0] + 1, *pools.PRICES[1:])
    assert refused(quotes(dearer, epoch=2), oracle.check(POOL, quotes(), None, NOW)) == Rejection.PRICE_DEVIATION


@pytest.mark.parametrize("epoch", [1, 3])
def test_the_epoch_must_be_the_next_one(first, epoch):
    assert refused(quotes(epoch=epoch, spread=1_000), first) == Rejection.WRONG_EPOCH


def test_quotes_of_two_epochs_make_none(first, honest):
    later = quotes(epoch=2, spread=1_000)
    assert refused([*later[:-1], honest[-1]], first) == Rejection.WRONG_EPOCH


def test_a_price_whose_scenarios_do_not_fit_in_64_bits_is_refused():
    prices = (2**62, *pools.PRICES[1:])
    assert oracle.check(POOL, quotes(prices), None, NOW).initial.values[0][0] == 2**62
    call = replace(pools.ASSETS[6], risk=replace(pools.ASSETS[6].risk, gamma_bps=10**6))
    bent = pools.make(assets=(*pools.ASSETS[:6], call, *pools.ASSETS[7:]))
    prices = (*pools.PRICES[:2], oracle.MAX_PRICE, *pools.PRICES[3:])
    assert refused(quotes(prices, pool=bent), pool=bent) == Rejection.PRICE_RANGE


def test_quotes_read_back_from_their_bytes_in_the_order_of_assets_and_oracles(honest):
    read = oracle.decode(oracle.encode(reversed(honest)))
    assert sorted(read, key=lambda quote: (quote.oracle, quote.asset)) == honest


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"zkQ2" + data[4:],
        lambda data: data[:4] + data[126:248] + data[4:126] + data[248:],
        lambda data: data[:6] + bytes(8) + data[14:],
        lambda data: data[:5] + b"\x08" + data[6:],
        lambda data: data * 7,
    ],
    ids=["short", "long", "magic", "order", "price 0", "asset 8", "too many"],
)
def test_other_bytes_are_no_quotes(first, spoil):
    with pytest.raises(FormatError):
        oracle.decode(spoil(first.evidence))


def test_a_number_out_of_range_is_no_quote(honest):
    for change in ({"price": 0}, {"price": 2**63}, {"epoch": 0}, {"asset": 8}, {"time_ms": -1}, {"oracle": 16}):
        with pytest.raises(FormatError, match=f"{next(iter(change)).split('_')[0]}"):
            oracle.check(POOL, [replace(honest[0], **change), *honest[1:]], None, NOW)


def test_a_ledger_accepts_epochs_in_order_and_stores_their_evidence(tmp_path, honest):
    with Ledger.create(tmp_path / "ledger.sqlite", POOL, NOW) as ledger:
        engine.publish(ledger, honest, NOW)
        with pytest.raises(Rejected) as caught:
            engine.publish(ledger, honest, NOW)
        assert caught.value.rejection == Rejection.WRONG_EPOCH
        second = engine.publish(ledger, quotes(epoch=2, spread=1_000), NOW)
        assert [grid.publication.epoch for grid in ledger.reader.grids(2)] == [2, 1]
        assert oracle.prices(ledger.reader.grids(1)[0].publication) == tuple(price + 1_000 for price in pools.PRICES)
        assert checks.fresh_grids(ledger, NOW)[0] == second
