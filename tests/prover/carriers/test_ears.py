"""A desk hears again by itself: of a relay that went silent, that forgot it, that lost nothing but told nothing."""

import json
import time

import nostr_sdk
import pytest
from nostr_sdk import LocalRelayBuilder

from prover.carriers import nostr, nostrear, nostrevents, nostrloop, nostrrelay
from prover.carriers.nostr import NostrCarrier
from prover.network.wire import postings
from prover.network.wire.letterpage import LETTER_SIZES
from settlement.bundles import digests, encoding
from tests.patience import PATIENCE_S, until
from tests.prover.carriers.between import PlainRelay, Wire
from tests.prover.carriers.sites import Collected, Nostr, now_ms
from zk import entropy


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Relays are asked more often, so that the tests are short."""
    for name, value in {"CHECK_S": 0.1, "GRACE_S": 0.3, "ANSWER_S": 1.0, "RETRY_S": 0.1, "CONNECT_S": 2.0}.items():
        monkeypatch.setattr(nostrear, name, value)


@pytest.fixture
def site(tmp_path):
    site = Nostr(tmp_path)
    yield site
    site.close()


@pytest.fixture
def wire(site):
    wire = Wire(site.port)
    yield wire
    wire.close()


@pytest.fixture
def plain():
    relay = PlainRelay()
    yield relay
    relay.close()


def carrier(site, url):
    made = NostrCarrier([url], site.ledger_id, now_ms)
    site.resources.callback(made.close)
    return made


def checks(patch):
    """A list that grows by one each time a relay has been asked whether it is well, from now on."""
    done, is_well = [], nostrear.Ear._is_well

    async def look(ear, relay):
        done.append(await is_well(ear, relay))
        return done[-1]

    patch.setattr(nostrear.Ear, "_is_well", look)
    return done


def event(site, posting):
    leg = encoding.decode_leg(postings.decode(posting).leg_bytes)
    order_id = digests.leg_id(site.ledger_id, leg)
    return nostrevents.order(site.ledger_id, order_id, posting, leg.expiry_ms, now_ms())


def test_a_connection_that_went_dead_without_a_word_is_made_anew(site, wire):
    got, first, second = Collected(), site.order(), site.order()
    through = f"ws://127.0.0.1:{wire.port}"
    subscription = got.subscribe(carrier(site, through))
    sender = site.carrier()
    sender.publish(first)
    got.wait([first])
    wire.cut()
    sender.publish(second)
    got.wait([first, second])
    assert sorted(got.orders) == sorted([first, second])  # what had come did not come again
    assert subscription.caught_up(PATIENCE_S)


def test_what_a_relay_has_and_did_not_tell_is_asked_for(site, tmp_path):
    """Somebody else writes into its database, as a session that outlived its relay would see it."""

    async def start():
        database = await nostr_sdk.NostrLmdb.open(str(tmp_path / "other"))
        relay = LocalRelayBuilder().addr("127.0.0.1").database(database).build()
        await relay.run()
        return relay, database, str(await relay.url())

    relay, database, url = nostrloop.run(start())
    got, orders = Collected(), [site.order() for _ in range(3)]
    assert got.subscribe(carrier(site, url)).caught_up(PATIENCE_S)
    for each in orders:
        nostrloop.run(database.save_event(event(site, each)))
        got.wait([each])
    relay.shutdown()
    assert sorted(got.orders) == sorted(orders)


@pytest.mark.parametrize("why", ["error: too many subscriptions", None])
def test_a_relay_that_ends_a_subscription_is_asked_again(site, plain, why, monkeypatch):
    got, first, others = Collected(), site.order(), [site.order() for _ in range(3)]
    mine = carrier(site, plain.url)
    assert got.subscribe(mine).caught_up(PATIENCE_S)
    mine.publish(first)
    got.wait([first])
    until(lambda: plain.asked)  # from now on there is nothing to compare by ranges
    if why is not None:
        monkeypatch.setattr(nostrear, "CHECK_S", 3_600)
        asked = plain.asked
        time.sleep(0.3)
        assert plain.asked <= asked + 2  # of which one check asks for the newest order and the newest letter
    events = [json.loads(event(site, each).as_json()) for each in others]
    plain.events += events  # of which a question gets one
    plain.close_subscriptions(why)
    got.wait([first, *others])


def test_a_relay_that_knows_no_ranges_is_kept_while_it_answers_and_left_when_it_does_not(site, plain, monkeypatch):
    monkeypatch.setattr(nostrear, "GRACE_S", 1.5)
    got, first, second = Collected(), site.order(), site.order()
    mine = carrier(site, plain.url)
    got.subscribe(mine)
    until(lambda: plain.opened == 1)
    until(lambda: plain.asked > 5)  # whether it is there
    assert plain.opened == 1
    mine.publish(first)
    got.wait([first])
    opened = plain.opened
    plain.answers = False
    until(lambda: plain.opened > opened)
    plain.answers = True
    carrier(site, plain.url).publish(second)
    got.wait([first, second])


def test_an_outage_costs_what_was_missed_and_not_all_that_there_is(site, wire):
    got, orders, late = Collected(), [site.order() for _ in range(40)], site.order()
    sender = site.carrier()
    for each in orders:
        sender.publish(each)
    listening = got.subscribe(carrier(site, f"ws://127.0.0.1:{wire.port}"))
    got.wait(orders)
    (ear,) = listening._ears
    until(lambda: ear._speaks_ranges)
    before = ear._relay.stats().bytes_received()
    old = ear._relay
    wire.cut()
    sender.publish(late)
    got.wait([*orders, late])
    until(lambda: ear.has_read and ear._relay is not old)
    assert before > 40 * len(late)
    assert ear._relay.stats().bytes_received() < before / 2  # one order, one of each shard, and the ranges


def test_a_sender_whose_connection_went_dead_connects_anew(site, wire, monkeypatch):
    sender = carrier(site, f"ws://127.0.0.1:{wire.port}")
    assert sender.publish(site.order()) == 1
    connected = sender._connected

    def patiently():
        if sender._sender is None:
            monkeypatch.setattr(nostr, "ANSWER_S", PATIENCE_S)  # the old one's answer is not waited for as long
        return connected()

    monkeypatch.setattr(nostr, "ANSWER_S", 0.5)
    monkeypatch.setattr(sender, "_connected", patiently)
    wire.cut()
    assert sender.publish(site.order()) == 1


def test_a_relay_that_ended_lets_go_of_its_port_and_of_sessions_that_were_busy(site, monkeypatch):
    """The wheel tells only sessions that wait; this one is busy with a question while the relay ends."""
    ended = []
    shutdown = nostrrelay.LocalRelay.shutdown
    monkeypatch.setattr(nostrrelay.LocalRelay, "shutdown", lambda relay: (ended.append(relay), shutdown(relay)))
    for _ in range(5):
        site.stop()
        site.start()
    until(lambda: len(ended) > 20)
    got, sent = Collected(), entropy.token(LETTER_SIZES[0])
    got.subscribe(site.carrier(), now_ms() - 10_000)
    site.carrier().send(sent)
    got.wait(letters=[sent])


def test_what_a_relay_has_and_does_not_give_is_not_asked_for_again_and_again(site, monkeypatch):
    fetched = []

    async def fetch(ear, relay, missing):
        fetched.append(list(missing))
        return await original(ear, relay, missing)

    original = nostrear.Ear._fetch
    monkeypatch.setattr(nostrear.Ear, "_fetch", fetch)

    async def ids(ear, relay, wanted, known):
        return await asked(ear, relay, wanted, known) | {"ab" * 32}

    asked = nostrear.Ear._ids
    monkeypatch.setattr(nostrear.Ear, "_ids", ids)
    listening = Collected().subscribe(carrier(site, site.url))
    assert listening.caught_up(PATIENCE_S)
    until(lambda: len(fetched) > 5)
    assert sum(map(len, fetched)) == 1 and listening._ears[0].is_there


@pytest.mark.parametrize("kind", ["ranges", "plain"])
def test_letters_from_before_a_subscription_are_not_asked_for(site, plain, kind, monkeypatch):
    """They would come only because they were asked for, so that a connection which is well would be made anew."""
    url = site.url if kind == "ranges" else plain.url
    assert carrier(site, url).send(entropy.token(LETTER_SIZES[0])) == 1
    got, order, done = Collected(), site.order(), checks(monkeypatch)
    got.subscribe(carrier(site, url), now_ms() + 2_000)
    until(lambda: len(done) >= 2)
    carrier(site, url).publish(order)
    got.wait([order])
    assert got.letters == []
