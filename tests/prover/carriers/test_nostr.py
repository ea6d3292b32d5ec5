"""Relays: what ours takes and what it says of the rest; dead ones, liars, and those that withhold."""

from concurrent.futures import Future
from datetime import timedelta

import nostr_sdk
import pytest
from nostr_sdk import EventBuilder, Filter, Keys, Kind, LocalRelayBuilder, Tag, Timestamp

from prover.carriers import nostrevents, nostrloop, nostrpolicy
from prover.carriers.carriedorders import CarriedOrders
from prover.carriers.checker import Checker
from prover.carriers.dispatch import Dispatcher
from prover.carriers.nostr import NostrCarrier
from prover.network.service.peers import Rate
from prover.network.wire import postings
from prover.network.wire.letterpage import LETTER_SIZES
from settlement.bundles import digests, encoding
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from tests.patience import PATIENCE_S, until
from tests.prover.carriers.sites import HOUR_MS, Collected, Nostr, now_ms
from tests.settlement.bundles import samples
from zk import entropy
from zk.errors import FormatError

DEAD = "ws://127.0.0.1:9"


@pytest.fixture
def site(tmp_path):
    site = Nostr(tmp_path)
    yield site
    site.close()


@pytest.fixture
def anything(site):
    """The URL of a relay that takes and serves everything."""

    async def start():
        relay = LocalRelayBuilder().addr("127.0.0.1").build()
        await relay.run()
        return relay, str(await relay.url())

    relay, url = nostrloop.run(start())
    yield url
    relay.shutdown()


def carrier(site, *urls):
    made = NostrCarrier(list(urls), site.ledger_id, now_ms)
    site.resources.callback(made.close)
    return made


def event(site, posting, **changes):
    """The event of an order, with other parts where `changes` says so."""
    leg = encoding.decode_leg(postings.decode(posting).leg_bytes)
    parts = {
        "kind": nostrevents.ORDER, "data": posting, "d": digests.leg_id(site.ledger_id, leg).hex(),
        "t": site.ledger_id.hex(), "s": "0", "expiration": str(-(-leg.expiry_ms // 1000)), **changes,
    }  # fmt: skip
    kind, content = parts.pop("kind"), nostrevents.base64.b64encode(parts.pop("data")).decode()
    tags = [Tag.parse([name, value]) for name, value in parts.items() if value is not None]
    return EventBuilder(Kind(kind), content).tags(tags).finalize(Keys.generate())


def told(site, *events):
    """Why the relay refuses each event, or None."""

    async def send():
        client = nostr_sdk.ClientBuilder().relay_limits(nostr_sdk.RelayLimits.disable()).build()
        await client.add_relay(nostr_sdk.RelayUrl.parse(site.url))
        assert (await client.try_connect(timedelta(seconds=PATIENCE_S))).success
        outputs = [await client.send_event(each) for each in events]
        await client.shutdown()
        return [next(iter(output.failed.values()), None) for output in outputs]

    return nostrloop.run(send())


def test_one_of_two_relays_may_be_dead(site):
    got, order, sent = Collected(), site.order(), entropy.token(LETTER_SIZES[0])
    both = carrier(site, DEAD, site.url)
    got.subscribe(both, now_ms() - 10_000)
    assert both.publish(order) == 1 and both.send(sent) == 1
    got.wait([order], [sent])


def test_two_relays_carry_it_twice_and_deliver_it_once(site, anything):
    got, last, order = Collected(), site.order(), site.order()
    both = carrier(site, site.url, anything)
    subscription = got.subscribe(both)
    until(lambda: both.publish(order) == 2)  # it begins with those that it has reached
    assert both.publish(last) == 2
    got.wait([order, last])
    assert subscription.caught_up(PATIENCE_S)
    assert sorted(got.orders) == sorted([order, last])


def test_a_relay_that_lies_shows_nothing_and_one_that_withholds_hides_only_where_it_is_alone(site, anything):
    true, altered, withheld = site.order(), site.order(), site.order()
    carrier(site, site.url, anything).publish(true)
    carrier(site, site.url).publish(withheld)
    liar = carrier(site, anything)
    forged = bytearray(altered)
    forged[-1] ^= 1  # the signature over what stands beside the leg
    leg = encoding.decode_leg(postings.decode(altered).leg_bytes)
    order_id = digests.leg_id(site.ledger_id, leg)
    assert liar._sent([[nostrevents.order(site.ledger_id, order_id, bytes(forged), leg.expiry_ms, now_ms())]]) == [1]
    with Ledger.open(site.path) as ledger:
        for urls, expected in (([anything], [true]), ([anything, site.url], [true, withheld])):
            dispatcher = Dispatcher([carrier(site, url) for url in urls], now_ms)
            seen = CarriedOrders(ledger, dispatcher, now_ms, verify_proofs=samples.any_proof).stored()
            assert {postings.encode(postings.of(each)) for each in seen} == set(expected)


def test_what_is_not_an_order_of_this_ledger_is_refused_with_a_reason(site):
    order, other = site.order(), site.order()
    reasons = told(
        site,
        event(site, order, kind=1), event(site, order, kind=5), event(site, order, t="00" * 32),
        event(site, order, t=None), event(site, order, s=None), event(site, order, s="8"),
        event(site, order, d="00" * 32), event(site, order, expiration=None),
        event(site, order, expiration=str(now_ms() // 1000 + 7200)), event(site, order, data=b"junk"),
        event(site, order, data=bytes(50_000)),
        event(site, order, data=other), event(site, order), event(site, order),
    )  # fmt: skip
    assert all(reasons[:12]) and all("internal" not in why for why in reasons[:12]), reasons
    assert reasons[12] is None and "duplicate" in reasons[13]
    assert sum("invalid" in why or "MALFORMED" in why for why in reasons[:12]) >= 11, reasons


def test_a_letter_of_no_size_or_of_too_long_a_life_is_refused(site):
    def letter(data, part, expires_s):
        reader = Tag.public_key(Keys.generate().public_key())
        named = (["t", site.ledger_id.hex()], ["s", "7"], ["part", *part], ["expiration", expires_s])
        tags = [reader, *map(Tag.parse, named)]
        content = nostrevents.base64.b64encode(data).decode()
        return EventBuilder(Kind(nostrevents.LETTER), content).tags(tags).finalize(Keys.generate())

    hour, size = str(now_ms() // 1000 + 3600), LETTER_SIZES[0]
    name = "ab" * 32
    reasons = told(
        site,
        letter(bytes(size + 1), (name, "0", "1"), hour), letter(bytes(size), (name, "1", "1"), hour),
        letter(bytes(size), (name, "0", "2"), hour), letter(bytes(size), (name, "0"), hour),
        letter(bytes(size), (name, "0", "1"), str(now_ms() // 1000 + 10_000)),
        letter(bytes(size), (name, "0", "1"), hour),
    )  # fmt: skip
    assert all(reasons[:5]) and reasons[5] is None, reasons


def test_an_exception_in_the_policy_is_a_refusal_and_the_relay_lives_on(site, monkeypatch):
    def broken(*_):
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(nostrpolicy.nostrevents, "read", broken)
        (why,) = told(site, event(site, site.order()))
    assert "internal (RuntimeError)" in why
    assert told(site, event(site, site.order())) == [None]


def test_who_sends_too_much_is_told_to_wait_and_others_are_not(tmp_path):
    class Narrow(Nostr):
        rate = Rate(60, 1)

    site = Narrow(tmp_path)
    try:
        reasons = told(site, *[event(site, site.order()) for _ in range(16)])
        assert reasons[:3] == [None] * 3 and "rate-limited" in reasons[-1]
        with pytest.raises(Unavailable, match="rate-limited"):
            sender = carrier(site, site.url)
            for _ in range(40):
                sender.publish(site.order())
        assert told(site, event(site, site.order())) == [None]  # another connection of this machine
    finally:
        site.close()


def test_after_a_restart_what_was_withdrawn_stays_so_and_what_expired_is_gone(site):
    kept, withdrawn, short = site.order(), site.order(), site.order(expiry_ms=now_ms() + HOUR_MS // 2)
    sender = carrier(site, site.url)
    for each in (kept, withdrawn, short):
        sender.publish(each)
    sender.withdraw(site.withdrawal(withdrawn))
    site.stop()
    site.clock = lambda: now_ms() + HOUR_MS * 3 // 4
    site.start()
    (why,) = told(site, event(site, withdrawn))
    assert "ORDER_WITHDRAWN" in why or "duplicate" in why
    got = Collected()
    assert got.subscribe(carrier(site, site.url)).caught_up(PATIENCE_S)
    assert got.orders == [kept]


def test_a_relay_that_cannot_check_what_it_kept_does_not_begin_and_forgets_nothing(site, monkeypatch):
    order = site.order()
    carrier(site, site.url).publish(order)
    site.stop()
    away: Future[None] = Future()
    away.set_exception(Unavailable("the ledger is busy"))
    with monkeypatch.context() as patch:
        patch.setattr(Checker, "order", lambda self, data: away)
        with pytest.raises(Unavailable, match="busy"):
            site.start()
    site.start()
    got = Collected()
    assert got.subscribe(carrier(site, site.url)).caught_up(PATIENCE_S)
    assert got.orders == [order]


def test_every_event_has_a_key_of_its_own_and_nothing_of_the_sender(site):
    order, data = site.order(), entropy.token(64 << 10)
    order_id = digests.leg_id(site.ledger_id, encoding.decode_leg(postings.decode(order).leg_bytes))
    events = [
        *nostrevents.letter(site.ledger_id, data, now_ms()), *nostrevents.letter(site.ledger_id, data, now_ms()),
        nostrevents.order(site.ledger_id, order_id, order, now_ms() + 1000, now_ms()),
        nostrevents.order(site.ledger_id, order_id, order, now_ms() + 1000, now_ms()),
    ]  # fmt: skip
    assert len({each.author().to_hex() for each in events}) == len(events) == 6
    assert {len(each.content()) for each in events[:4]} == {nostrevents.MAX_CONTENT}
    parts = nostrevents.Parts()
    whole = [parts.add(nostrevents.read(each, site.ledger_id)) for each in reversed(events[:2])]
    assert whole == [None, data]


def test_the_store_after_an_outage_is_compared_by_ranges(site):
    """NIP-77, which relays of others ask ours for."""
    orders = [site.order() for _ in range(3)]
    for each in orders:
        carrier(site, site.url).publish(each)

    async def compare():
        client = nostr_sdk.Client()
        await client.add_relay(nostr_sdk.RelayUrl.parse(site.url))
        assert (await client.try_connect(timedelta(seconds=PATIENCE_S))).success
        found = await client.sync(Filter().kind(Kind(nostrevents.ORDER)).hashtag(site.ledger_id.hex()))
        await client.shutdown()
        return found

    assert len(nostrloop.run(compare()).report.received) == 3


@pytest.mark.parametrize("url", ["", "http://x", "ws://", "wss://" + "x" * 300, "relay.example"])
def test_a_url_that_is_none_is_refused(site, url):
    with pytest.raises(FormatError, match="not the URL of a relay"):
        NostrCarrier([url], site.ledger_id, now_ms)


def test_times_are_those_of_the_clock():
    made = nostrevents.letter(b"\1" * 32, entropy.token(1024), 1_800_000_000_999)[0]
    assert made.created_at().as_secs() == Timestamp.from_secs(1_800_000_000).as_secs()
