"""Bundles over HTTP: the receipt, its verification, and that a bundle is settled once however often it is sent."""

import asyncio
from dataclasses import replace

import pytest

from prover.network.service.peers import Rate
from prover.network.service.receipting import Receipting
from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt
from settlement import engine
from settlement.bundles import bundlejson, digests, encoding
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.rejection import Rejection
from tests import patience
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.settlement.bundles import samples
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson

KEY = checkpoint.key(samples.pool())


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def deposits(path, *amounts):
    with Ledger.open(path, read_only=True) as ledger:
        return [samples.deposit(ledger, amount) for amount in amounts]


def encoded(bundle):
    return encoding.encode_bundle(bundle)


def read(response) -> Receipt:
    assert response.status_code == 200, response.text
    return dataclassjson.read(Receipt, response.json(), "the receipt")


def verified(receipt, bundle):
    return receipts.verify(receipt, KEY, digests.bundle_id(bundle), bundle)


def test_a_bundle_is_answered_with_a_receipt_that_verifies_without_the_ledger(path):
    first, second = deposits(path, 5, 7)

    async def questions(client):
        return [await post(client, "/bundles", encoded(bundle)) for bundle in (first, second)]

    one, other = map(read, serving.asked(path, questions))
    assert (one.height, one.positions) == (1, (0,)) and (other.height, other.positions) == (2, (1,))
    assert verified(one, first).size == 2 and verified(other, second).size == 3


def test_people_may_send_a_bundle_as_json_and_read_it_so(path):
    (bundle,) = deposits(path, 5)
    named = f"/bundles/{digests.bundle_id(bundle).hex()}"

    async def questions(client):
        before = await client.get(f"{named}/document")
        settled = await client.post("/bundles", json={"bundle": bundlejson.write(bundle)})
        false = bundlejson.write(bundle) | {"binding": None}
        after = await client.get(f"{named}/document")
        return before, settled, after, await client.post("/bundles", json={"bundle": false})

    before, settled, after, refused = serving.asked(path, questions)
    assert before.status_code == 404 and verified(read(settled), bundle).size == 2
    assert bundlejson.read(after.json()["bundle"]) == encoded(bundle)
    assert refused.status_code == 400 and "binding is not an object" in refused.json()["detail"]


def test_when_nothing_more_waits_the_database_alone_has_everything(path):
    log = path.with_name("ledger.sqlite-wal")
    bundles = deposits(path, 5, 7, 9)

    async def questions(client):
        await asyncio.gather(*(post(client, "/bundles", encoded(bundle)) for bundle in bundles))
        await patience.soon(lambda: not log.stat().st_size, "the log was never emptied")

    serving.asked(path, questions)


def test_the_same_bundle_gets_the_same_receipt_whenever_and_however_it_is_sent(path):
    bundle, later = deposits(path, 5, 7)
    data, bundle_id = encoded(bundle), digests.bundle_id(bundle).hex()

    async def questions(client):
        together = await asyncio.gather(*[post(client, "/bundles", data) for _ in range(5)])
        await post(client, "/bundles", encoded(later))
        again = await client.post("/bundles", json={"bundle": data.hex()})
        return [*together, again, await client.get(f"/bundles/{bundle_id}")]

    answers = serving.asked(path, questions)
    answers.append(serving.asked(path, lambda client: post(client, "/bundles", data)))  # another process
    assert {answer.content for answer in answers} == {answers[0].content} and read(answers[0]).height == 1


def test_another_bundle_of_a_spent_account_is_a_problem_with_number_name_and_remedy(path):
    with Ledger.open(path, read_only=True) as ledger:
        made = samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)])
        twice = samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)], nullifier=made.leg.public.nullifier)
        one, other = (samples.bind(ledger.ledger_id, each) for each in (made, twice))

    async def questions(client):
        read(await post(client, "/bundles", encoded(one)))
        return await post(client, "/bundles", encoded(other)), await client.get("/problems/NULLIFIER_SPENT")

    refused, explained = serving.asked(path, questions)
    problem = refused.json()
    assert refused.status_code == problem["status"] == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert (problem["rejection"], problem["name"]) == (10, "NULLIFIER_SPENT")
    assert problem["remedy"] == Rejection.NULLIFIER_SPENT.remedy == explained.json()["remedy"]
    assert problem["type"] == "/problems/NULLIFIER_SPENT"


def test_what_has_not_settled_has_no_receipt(path):
    (bundle,) = deposits(path, 5)

    async def questions(client):
        return [
            await client.get(f"/bundles/{digests.bundle_id(bundle).hex()}"),
            await client.get("/bundles/12"),
            await client.get(f"/bundles/{'AB' * 32}"),
        ]

    assert [answer.status_code for answer in serving.asked(path, questions)] == [404, 400, 400]


def test_a_receipt_of_something_else_is_refused(path):
    first, second = deposits(path, 5, 7)

    async def questions(client):
        return [await post(client, "/bundles", encoded(bundle)) for bundle in (first, second)]

    one, other = map(read, serving.asked(path, questions))
    lies = [
        (one, second),
        (replace(one, bundle=other.bundle), second),
        (replace(one, height=2), first),
        (replace(one, positions=(1,)), first),
        (replace(one, proof=other.proof), first),
        (replace(one, proof=one.proof.replace("index 1", "index 0")), first),
    ]
    for receipt, bundle in lies:
        with pytest.raises(InvalidProof):
            verified(receipt, bundle)
    other_key = replace(KEY, public=bytes(32))
    with pytest.raises(InvalidProof, match="not signed"):
        receipts.verify(one, other_key, BundleId(one.bundle), first)


def test_false_proofs_cost_their_sender_its_turn_and_nobody_elses(path):
    bundles = deposits(path, *range(1, 4))

    def refuses(claims):
        raise InvalidProof("false", 0)

    async def questions(client):
        return [(await post(client, "/bundles", encoded(bundle))).json() for bundle in bundles]

    answers = serving.asked(path, questions, verify_proofs=refuses, rate=Rate(capacity=520, per_second=1))
    assert [answer["name"] for answer in answers] == ["INVALID_PROOF", "INVALID_PROOF", "TOO_MANY"]


def test_when_too_many_wait_the_service_says_so_at_once_and_does_the_others(path):
    bundles = deposits(path, *range(1, 7))

    async def questions(client):
        return await asyncio.gather(*[post(client, "/bundles", encoded(bundle)) for bundle in bundles])

    answers = serving.asked(path, questions, max_waiting=2)
    busy = [answer for answer in answers if answer.status_code == 503]
    assert busy and all(answer.headers["retry-after"] == "1" for answer in busy)
    with Ledger.open(path, read_only=True) as ledger:
        assert ledger.reader.last_event().height == len(bundles) - len(busy)


def test_the_receipts_of_a_block_are_those_of_each_alone(path):
    """Of bundles that settled one after the other, and of some that others lie between."""
    signed = serving.SECRET
    with Ledger.open(path) as ledger:
        data = [encoded(samples.deposit(ledger, amount)) for amount in range(1, 8)]
        placed = engine.submit_all(ledger, data, samples.NOW_MS, samples.any_proof)
        for some in (placed, placed[:1], [placed[6], placed[0]], [placed[3], placed[3]]):
            alone = [receipts.make(ledger, one.bundle_id, lambda named: checkpoint.sign(named, signed)) for one in some]
            assert receipts.make_all(ledger, some, lambda named: checkpoint.sign(named, signed)) == alone
        lost = replace(placed[0], height=99)
        with pytest.raises(FormatError, match="lost the event at height 99"):
            receipts.make_all(ledger, [lost], lambda named: checkpoint.sign(named, signed))


def test_receipts_that_are_asked_for_together_are_read_together(path):
    asked = []

    class Reading:
        async def run(self, question):
            asked.append(len(question.args[0]))
            if "bad" in question.args[0]:
                raise FormatError("lost")
            return question.args[0]

    async def run():
        desk = Receipting(Reading(), print)
        first = await asyncio.gather(*map(desk.receipt, "abc"))
        with pytest.raises(FormatError):
            await asyncio.gather(desk.receipt("bad"), desk.receipt("d"))
        impatient = asyncio.ensure_future(desk.receipt("e"))
        patient = asyncio.ensure_future(desk.receipt("f"))
        await asyncio.sleep(0)
        impatient.cancel()
        return first, await patient, await desk.receipt("g")

    assert asyncio.run(run()) == (["a", "b", "c"], "f", "g") and asked == [3, 2, 2, 1]
