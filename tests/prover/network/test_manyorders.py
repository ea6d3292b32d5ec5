"""Many things for the board in one request: each is answered, and costs, as if it had come alone."""

import asyncio
import json
import threading

import pytest

from prover.network.service import effort, peers, standing, trust
from prover.network.service.forwarding import Answer
from prover.network.service.peers import Rate
from prover.network.wire import many, postings, work
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from settlement.rejection import Rejection
from tests import patience
from tests.patience import PATIENCE_S
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.prover.network.test_orders import asked, posted
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.orders import boards
from zk.errors import FormatError, InvalidProof


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def named(ledger, sent):
    return digests.leg_id(ledger.ledger_id, encoding.decode_leg(sent.leg_bytes))


def answers_of(response):
    assert response.status_code == 200
    return response.json()["answers"]


def sent(things):
    return many.PATH, many.encode(things)


def test_each_is_answered_as_the_route_for_one_answers_it(path, tmp_path):
    """The same ledger twice: what one request for all is answered is what a request for each is."""
    with Ledger.open(path) as ledger:
        samples.publish(ledger)
        legs = [boards.margined(ledger, terms=()).leg for _ in range(2)]
        fresh, cash = [samples.posting(ledger, leg) for leg in legs], posted(path, 3)
        boards.place(ledger, legs[0], terms=())
        samples.publish(ledger)
        margin, (first, *_) = guarded.margin(ledger, 2), (named(ledger, each) for each in fresh)
        ids = [named(ledger, each) for each in cash]
        unknown = type(first)(bytes(32))
        signed = {each: boards.withdrawal(ledger.ledger_id, each) for each in ids}
    things = [
        ("/orders", postings.encode(cash[0])), ("/orders", b"junk"), (first, margin), ("/orders", b""),
        ("/orders", postings.encode(cash[1])), (unknown, margin), ("/orders", postings.encode(cash[0])),
        ("/withdrawals", postings.encode_withdrawal(ids[0], signed[ids[0]])),
        ("/withdrawals", postings.encode_withdrawal(ids[1], signed[ids[0]])),
        ("/withdrawals", postings.encode_withdrawal(ids[2], signed[ids[2]])),
    ]  # fmt: skip
    alone = [
        (f"/orders/{where.hex()}/margin", encoding.encode_margin(what)) if isinstance(where, bytes) else (where, what)
        for where, what in things
    ]  # fmt: skip
    together = [many.encode_margin(where, what) if isinstance(where, bytes) else what for where, what in things]
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    (answer,) = asked(path, sent(together))
    found, expected = answers_of(answer), [each.json() for each in asked(copy, *alone)]
    junk = [1, 3]  # whoever sends these together does not say what they should be
    assert [each["name"] for number, each in enumerate(found) if number in junk] == ["MALFORMED"] * 2
    pairs = [pair for number, pair in enumerate(zip(found, expected, strict=True)) if number not in junk]
    assert [one for one, _ in pairs] == [one for _, one in pairs]
    assert [each.get("name") for each, _ in pairs] == [
        None, None, None, "ORDER_UNKNOWN", None, None, "WITHDRAWAL", "ORDER_UNKNOWN",
    ]  # fmt: skip
    with Ledger.open(path) as ledger, Ledger.open(copy) as other:
        assert ledger.orders.stored() == other.orders.stored() and len(ledger.orders.stored()) == 2
        assert ledger.orders.get(first).grid_epoch == 2 and ledger.orders.withdrawn_ids() == [ids[0]]


@pytest.mark.parametrize("cut", [0, 3, 5, 6, 9, 100, -1])
def test_bytes_that_are_not_many_things_are_refused(path, cut):
    data = many.encode([b"one", b"", bytes(postings.MAX_POSTING_BYTES)])
    assert many.decode(data) == [b"one", b"", bytes(postings.MAX_POSTING_BYTES)] and many.decode(many.encode([])) == []
    too_many = many.MANY_MAGIC + (many.MAX_MANY + 1).to_bytes(2, "big") + bytes(2 * many.MAX_MANY + 2)
    too_long = many.MANY_MAGIC + b"\0\1" + (postings.MAX_POSTING_BYTES + 1).to_bytes(2, "big")
    for wrong in (data[:cut], data + b"\0", too_many, too_long + bytes(postings.MAX_POSTING_BYTES + 1)):
        with pytest.raises(FormatError):
            many.decode(wrong)
    (answer,) = asked(path, (many.PATH, data[:cut]))
    assert answer.status_code == 400
    assert len(many.encode([bytes(postings.MAX_POSTING_BYTES)] * many.MAX_MANY)) == many.MAX_BYTES


def test_a_margin_by_itself_is_its_orders_id_and_nothing_more():
    data = many.MARGIN_MAGIC + bytes(32 + encoding.MARGIN_BYTES)
    for wrong in (data, data[:-1], data + b"\0", b"zkM1" + data[4:]):
        with pytest.raises(FormatError):
            many.decode_margin(wrong)


@pytest.mark.parametrize("wrong", [
    b"", b"[]", b"{}", b'{"answers": {}}', b'{"answers": []}', b'{"answers": [1]}', b'{"answers": [{}]}',
    b'{"answers": [{"order": "00"}, {"order": "00"}]}', b'{"answers": [{"name": "NULLIFIER_SPENT"}]}',
    b'{"answers": [{"name": "NULLIFIER_SPENT", "rejection": 1}]}', b'{"answers": [{"name": "BUSY", "order": "00"}]}',
    b'{"answers": [{"order": "00"}], "more": 1}',
])  # fmt: skip
def test_an_answer_that_does_not_say_what_became_of_each_is_refused(wrong):
    assert many.decode_answers(b'{"answers": [{"order": "00"}]}', 1) == [None]
    with pytest.raises(FormatError):
        many.decode_answers(wrong, 1)


def test_many_cost_their_sender_what_they_would_cost_one_by_one(path):
    (honest, *false), junk = posted(path, 3), [b"junk", postings.encode_withdrawal(bytes(32), bytes(96)), b"junk"]
    bad = {encoding.decode_leg(each.leg_bytes).commitment for each in false}

    def verify(claims):
        for index, claim in enumerate(claims):
            if any(commitment in part for commitment in bad for part in claim if isinstance(part, list | tuple)):
                raise InvalidProof("false", index=index)

    async def questions(client):
        service = client._transport.app.state.parts
        service.standings._now_ms = service.peers._now_ms = lambda: 0
        _, before = service.peers._filled("127.0.0.1")
        answer = await post(client, *sent([postings.encode(each) for each in (false[0], honest, false[1])] + junk))
        _, after = service.peers._filled("127.0.0.1")
        return answer, service.standings.cost("127.0.0.1"), (before - after) // 1000

    answer, cost, tokens = serving.asked(path, questions, verify_proofs=verify, rate=Rate(10_000, 1))
    assert [each.get("name") for each in answers_of(answer)] == [
        "INVALID_PROOF", None, "INVALID_PROOF", "MALFORMED", "ORDER_UNKNOWN", "MALFORMED",
    ]  # fmt: skip
    assert cost == 2 * (standing.FALSE_PROOF + standing.REFUSED) + 2 * standing.REFUSED + standing.LISTED
    assert tokens == 6 * peers.WRITE_COST + 2 * peers.FALSE_PROOF_COST


def test_whoever_has_tokens_for_a_few_only_is_told_to_come_again_and_nothing_was_done(path):
    things = [postings.encode(each) for each in posted(path, 4)]

    async def questions(client):
        assert not client._transport.app.state.parts.trust.is_known("127.0.0.1")
        return await post(client, *sent(things)), await client.get("/orders")

    refused, listed = serving.asked(path, questions, rate=Rate(35, 1))
    assert (refused.status_code, refused.json()["name"]) == (429, "TOO_MANY")
    assert int(refused.headers["Retry-After"]) >= 1 and postings.decode_board(listed.content) == []


def test_a_hundred_margins_of_one_desk_make_it_wait_for_nothing_afterwards(path):
    with Ledger.open(path) as ledger:
        samples.publish(ledger)
        legs = [boards.margined(ledger, terms=()).leg for _ in range(4)]
        made = [samples.posting(ledger, leg) for leg in legs]
        margins = [many.encode_margin(named(ledger, each), guarded.margin(ledger, 1)) for each in made]

    async def questions(client):
        await post(client, *sent([postings.encode(each) for each in made]))
        for _ in range(7):
            assert not any("name" in each for each in answers_of(await post(client, *sent(margins * 4))))
        service = client._transport.app.state.parts
        assert service.trust.is_known("127.0.0.1"), "something new of this desk's was taken"
        return service.standings.level("127.0.0.1")

    assert standing.pause_ms(serving.asked(path, questions, rate=Rate(10_000, 1))) == 0


def test_many_show_as_much_work_as_they_would_one_by_one(path, monkeypatch):
    monkeypatch.setattr(effort, "BUSY", 1)
    monkeypatch.setattr(effort, "FIRST_BITS", 3)
    has_begun, may_end = threading.Event(), threading.Event()
    things = [postings.encode(each) for each in posted(path, 5)]

    async def questions(client):
        being_done = [asyncio.create_task(post(client, "/orders", each)) for each in things[:1]]
        assert await asyncio.to_thread(has_begun.wait, PATIENCE_S)
        being_done.append(asyncio.create_task(post(client, "/orders", things[1])))
        waiting = client._transport.app.state.parts.waiting
        await patience.soon(lambda: len(waiting) == 1)
        wanted = [await post(client, *sent(things[2 : 2 + count])) for count in (1, 2, 3)]
        may_end.set()
        await asyncio.gather(*being_done)
        return [int(each.headers[work.HEADER]) for each in wanted]

    def waits(claims):
        has_begun.set()
        assert may_end.wait(PATIENCE_S)

    assert serving.asked(path, questions, verify_proofs=waits) == [3, 4, 5]


def test_what_changes_nothing_is_told_to_nobody(path):
    things = [postings.encode(each) for each in posted(path, 1)]

    async def questions(client):
        service = client._transport.app.state.parts
        await post(client, *sent([b"junk", b"more"]))
        await asyncio.sleep(0.05)
        nothing = service.version
        await post(client, *sent([b"junk", *things]))
        await patience.soon(lambda: service.version > nothing)
        return nothing

    assert serving.asked(path, questions) == 0


def test_a_copy_counts_each_false_proof_that_the_operators_service_found():
    problem = {"name": "INVALID_PROOF", "rejection": Rejection.INVALID_PROOF.value}
    answers = json.dumps({"answers": [problem, {"order": "00"}, problem, {"name": "MALFORMED"}]}).encode()
    assert Answer(200, answers, {}).num_false(many.PATH) == 2 and Answer(200, answers, {}).num_false("/orders") == 0
    assert Answer(422, json.dumps(problem).encode(), {}).num_false("/orders") == 1
    for junk in (b"", b"[]", b'{"answers": 1}', b'{"answers": [1, null]}', b"{}"):
        assert Answer(200, junk, {}).num_false(many.PATH) == Answer(422, junk, {}).num_false("/orders") == 0


def test_a_suspects_are_verified_one_by_one_and_what_was_false_is_not_verified_again(path, monkeypatch):
    """Nobody waits for the search for a false proof among many, and the same lie costs the service one search."""
    monkeypatch.setattr(trust, "MOST_NS", 10**15)  # no work is asked for because the machine stood still
    things, verified = [postings.encode(each) for each in posted(path, 3)], []
    bad = encoding.decode_leg(postings.decode(things[1]).leg_bytes).commitment

    def verify(claims):
        orders = {part[index] for _, part, _ in claims for index in range(len(part)) if part[index] == bad}
        verified.append((len(claims), bool(orders)))
        if orders:
            raise InvalidProof("false", index=next(i for i, claim in enumerate(claims) if bad in claim[1]))

    async def questions(client):
        service = client._transport.app.state.parts
        service.trust.is_suspect = lambda peer: True
        answers = [await post(client, *sent(things)) for _ in range(2)]
        return [[each.get("name") for each in answers_of(one)] for one in answers]

    assert serving.asked(path, questions, verify_proofs=verify) == [[None, "INVALID_PROOF", None]] * 2
    assert [is_bad for _, is_bad in verified].count(True) == 1 and len(verified) == 3
