"""Orders with false proofs beside honest ones: what is false again, or known, costs nothing, and a suspect is last."""

import asyncio
import time

import httpx
import pytest

from prover.network.service import effort, trust
from prover.network.service.trust import SUSPECT
from prover.network.wire import postings, work
from settlement.ledger import Ledger
from tests.patience import PATIENCE_S
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.settlement.bundles import samples
from zk.errors import InvalidProof


class Verifier:
    """Finds the proofs of these legs false, and notes of how many legs each batch is."""

    def __init__(self):
        self.false, self.batches = set(), []
        self.may_begin = lambda: True

    def __call__(self, claims):
        self.batches.append(len(claims))
        end_s = time.monotonic() + PATIENCE_S
        while not self.may_begin() and time.monotonic() < end_s:
            time.sleep(0.001)
        for index, (_, public, _) in enumerate(claims):
            if self.false & set(public):
                raise InvalidProof("false", index=index)


@pytest.fixture
def verifier():
    return Verifier()


@pytest.fixture(autouse=True)
def time_for_suspects(monkeypatch):
    """There is enough, so that no work is asked for because the machine stood still."""
    monkeypatch.setattr(trust, "MOST_NS", 10**15)


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


@pytest.fixture
def order(path, verifier):
    """Makes the posting of a fresh account."""

    def make(*, is_false=False):
        with Ledger.open(path, read_only=True) as ledger:
            leg = samples.make(ledger).leg
            if is_false:
                verifier.false.add(leg.public.nullifier)
            return postings.encode(samples.posting(ledger, leg))

    return make


def asked(path, questions, **options):
    """What `questions` returns, which gets the service's parts, and what posts an order from an address.

    Nothing that a peer has cost is forgotten meanwhile.
    """

    async def run():
        app = serving.application(path, **options)
        async with app.router.lifespan_context(app):
            app.state.parts.standings._now_ms = lambda: 0

            async def send(address, data, **headers):
                transport = httpx.ASGITransport(app, client=(address, 1))
                async with httpx.AsyncClient(transport=transport, base_url="http://ledger", headers=headers) as client:
                    return await post(client, "/orders", data)

            return await questions(app.state.parts, send)

    return asyncio.run(run())


def named(answer):
    return answer.status_code, answer.json().get("name")


def test_what_was_false_once_is_refused_again_without_a_look_at_its_proofs(path, order, verifier):
    false = order(is_false=True)

    async def questions(service, send):
        first = await send("192.0.2.1", false)
        seen = len(verifier.batches)
        again = await send("192.0.2.2", false)
        assert len(verifier.batches) == seen
        assert not service.trust.is_suspect("192.0.2.2")  # it may be a copy's, or an honest relay's
        return first, again

    first, again = asked(path, questions, verify_proofs=verifier)
    assert named(first) == named(again) == (422, "INVALID_PROOF") and first.content == again.content


def test_who_posts_what_the_board_has_makes_it_verify_nothing_and_is_not_known_for_it(path, order, verifier):
    data = order()

    async def questions(service, send):
        assert (await send("192.0.2.1", data)).status_code == 200
        seen = len(verifier.batches)
        assert (await send("192.0.2.2", data)).status_code == 200
        assert len(verifier.batches) == seen
        return [service.trust.is_known(each) for each in ("192.0.2.1", "192.0.2.2")]

    assert asked(path, questions, verify_proofs=verifier) == [True, False]


def test_a_desk_that_turns_is_a_suspect_and_pays_with_its_good_name(path, order, verifier):
    async def questions(service, send):
        assert (await send("192.0.2.1", order())).status_code == 200
        before = service.trust.level("192.0.2.1")
        assert named(await send("192.0.2.1", order(is_false=True)))[1] == "INVALID_PROOF"
        return before, service.trust.level("192.0.2.1") >= SUSPECT

    assert asked(path, questions, verify_proofs=verifier) == (0, True)


def test_beside_junk_of_ever_new_addresses_a_known_desk_is_never_asked_for_work(path, order, verifier, monkeypatch):
    monkeypatch.setattr(trust, "MOST_NS", 0)  # their time is spent at once,
    monkeypatch.setattr(trust, "SHARE", 1 << 20)  # and comes back next year
    monkeypatch.setattr(effort, "FIRST_BITS", 4)

    async def questions(service, send):
        assert (await send("192.0.2.1", order())).status_code == 200
        junk = [await send(f"198.51.100.{number}", order(is_false=True)) for number in range(12)]
        names = [each.json()["name"] for each in junk]
        assert names == ["INVALID_PROOF"] * 4 + ["WORK"] * 8
        assert (await send("192.0.2.1", order())).status_code == 200
        return await strangers(service, send)

    async def strangers(service, send):
        data = order()
        asking = await send("203.0.113.1", data)
        bits = int(asking.headers["Work"])
        assert asking.json()["name"] == "WORK" and bits >= 4
        answer = await send("203.0.113.1", data, Work=work.find(data, bits + 4))
        assert answer.status_code == 200, answer.text
        return service.trust.is_known("203.0.113.1")

    assert asked(path, questions, verify_proofs=verifier)


def test_a_suspects_order_is_verified_alone_and_those_of_others_together(path, order, verifier):
    async def questions(service, send):
        assert named(await send("192.0.2.9", order(is_false=True)))[1] == "INVALID_PROOF"
        await send("192.0.2.1", order())
        verifier.batches.clear()
        verifier.may_begin = lambda: len(verifier.batches) > 1 or len(service.waiting) == 3
        sent = [asyncio.create_task(send("192.0.2.1", order()))]
        while not verifier.batches:
            await asyncio.sleep(0.001)
        sent += [asyncio.create_task(send(each, order())) for each in ("192.0.2.9", "192.0.2.1", "192.0.2.2")]
        return await asyncio.gather(*sent)

    answers = asked(path, questions, verify_proofs=verifier)
    assert [each.status_code for each in answers] == [200] * 4
    first, others, suspect = verifier.batches
    assert (first, others) == (suspect, 2 * suspect)


def test_heavy_reading_alone_makes_a_stranger_wait_and_not_a_desk_that_is_known(path, order, verifier):
    async def questions(service, send):
        service.standings.add("192.0.2.1", 1 << 12)
        before = service.trust.level("192.0.2.1")
        assert (await send("192.0.2.1", order())).status_code == 200
        return before >= SUSPECT, service.trust.level("192.0.2.1")

    assert asked(path, questions, verify_proofs=verifier) == (True, SUSPECT - 1)
