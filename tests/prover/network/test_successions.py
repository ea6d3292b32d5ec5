"""Services and successions: an operator whom the validators replaced settles no more, and a copy settles nothing."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.network.service.peers import FORWARDED
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, succession
from settlement.log.note import Key
from settlement.log.succession import Succession
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.prover.network.test_bundles import deposits, encoded
from tests.prover.network.test_finality import SECRETS, TIME_S, VALIDATORS, cosigned

OTHER = Ed25519PrivateKey.from_private_bytes(bytes([77] * 32))
URL = "https://standby.example"


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path, validators=VALIDATORS)


def proposed(path, number=1, secret=OTHER, **changes):
    """A succession after the newest event."""
    with Ledger.open(path, read_only=True) as ledger:
        named = finality.named(ledger, ledger.reader.last_event().height + 1)
    key = Key(named.origin, secret.public_key().public_bytes_raw())
    return replace(Succession(number, named.size, named.root, key, URL), **changes)


def signed(made, *names):
    return succession.merge([succession.sign(str(made), name, SECRETS[name], TIME_S) for name in names]).encode()


def test_an_operator_that_was_replaced_settles_no_more_and_says_who_does(path, tmp_path):
    first, second = deposits(path, 5, 7)
    made = proposed(path)

    async def questions(client):
        answers = [await post(client, "/bundles", encoded(first))]
        answers.append(await post(client, "/successions", signed(made, "a")))
        answers.append(await post(client, "/bundles", encoded(second)))
        answers += [await post(client, "/successions", signed(made, "a", "c")) for _ in range(2)]
        answers += [await post(client, route, encoded(second)) for route in ("/bundles", "/orders", "/publications")]
        return answers, await client.get("/successions")

    (settled, few, still, learnt, again, *refused), listed = serving.asked(path, questions)
    assert [each.status_code for each in (settled, few, still, learnt, again)] == [200, 422, 200, 200, 200]
    assert "signed by 1 of the pool's validators, and takes 2" in few.json()["detail"]
    assert learnt.json() == again.json() == {"number": 1, "size": 1, "key": str(made.key)}
    assert listed.json() == {"successions": [signed(made, "a", "c").decode()]}
    for answer in refused:
        assert (answer.status_code, answer.json()["name"], answer.json()["url"]) == (421, "SUPERSEDED", URL)
        assert "after 1 events" in answer.json()["detail"] and "void" in answer.json()["detail"]

    async def later(client):  # and after a restart
        return await post(client, "/bundles", encoded(second))

    assert serving.asked(path, later).json()["name"] == "SUPERSEDED"


def test_the_successor_settles_and_its_receipts_are_of_its_key(path):
    (bundle,) = deposits(path, 5)
    made = proposed(path)
    with Ledger.open(path) as ledger:
        ledger.witnessed.succeed(1, signed(made, "a", "b").decode())

    async def questions(client):
        return await post(client, "/bundles", encoded(bundle)), await client.get("/checkpoint")

    settled, newest = serving.asked(path, questions, sign=lambda named: checkpoint.sign(named, OTHER))
    assert settled.status_code == 200
    with Ledger.open(path, read_only=True) as ledger:
        assert finality.operators(ledger).verify(newest.text).size == 2
    assert serving.asked(path, lambda client: post(client, "/bundles", encoded(bundle))).json()["name"] == "SUPERSEDED"


def test_a_succession_of_another_history_or_a_second_one_of_its_number_is_refused(path, tmp_path):
    made = proposed(path)
    another = proposed(path, secret=Ed25519PrivateKey.from_private_bytes(bytes([78] * 32)))

    async def questions(client):
        texts = [signed(replace(made, root=bytes(32)), "a", "b"), signed(made, "a", "b"), signed(another, "b", "c"),
                 signed(replace(another, number=2), "b", "c"), b"\xff", b"x"]  # fmt: skip
        return [await post(client, "/successions", each) for each in texts], await client.get("/evidence")

    answers, found = serving.asked(path, questions, folder=tmp_path)
    assert [each.status_code for each in answers] == [409, 200, 422, 200, 400, 400]
    assert "the validators b signed two successions" in answers[2].json()["detail"]
    (evidence,) = found.json()["evidence"]
    assert evidence["name"].startswith("double-") and str(made) in evidence["text"] and str(another) in evidence["text"]


def test_a_copy_serves_what_its_operator_and_validators_signed_and_settles_nothing(path):
    first, second = deposits(path, 5, 7)

    async def as_operator(client):
        answers = [await post(client, "/bundles", encoded(first)), await client.get("/checkpoint")]
        await post(client, "/cosignatures", cosigned(answers[1].text, "a", "b"))
        routes = "/checkpoint/final", f"/bundles/{answers[0].json()['bundle']}/final"
        return [*answers, *[await client.get(route) for route in routes]]

    receipt, newest, final, final_receipt = serving.asked(path, as_operator)
    bundle_id = receipt.json()["bundle"]

    async def as_copy(client):
        routes = ("/checkpoint", "/checkpoint/final", "/checkpoint/pending", f"/bundles/{bundle_id}",
                  f"/bundles/{bundle_id}/final", "/pool", "/tile/0/000.p/2", "/readyz", "/healthz", "/metrics",
                  "/cosignatures")  # fmt: skip
        answers = [await client.get(route) for route in routes]
        client.headers[FORWARDED] = "1"  # what was passed on already is not passed on again
        refused = [await post(client, "/bundles", encoded(second)), await client.get("/orders")]
        return answers, refused, await post(client, "/cosignatures", cosigned(newest.text, "c"))

    options = {"sign": None, "elsewhere": lambda: "http://operator"}
    answers, refused, kept = serving.asked(path, as_copy, **options)
    assert [each.status_code for each in answers] == [200] * len(answers)
    own, own_final, pending, own_receipt, own_final_receipt, *_, listed = answers
    assert own_final.text == final.text == own.text == pending.text
    assert own_final_receipt.json() == final_receipt.json() == own_receipt.json()
    assert {each["name"] for each in listed.json()["validators"] if each["note"]} == {"a", "b"}
    assert [(each.status_code, each.json()["name"], each.json()["url"]) for each in refused] == [
        (421, "NOT_OPERATOR", "http://operator")
    ] * 2
    assert kept.json()["cosigned"] == 3


def test_a_copy_without_its_operators_signature_has_no_checkpoint(path):
    answer = serving.asked(path, lambda client: client.get("/checkpoint"), sign=None)
    assert answer.status_code == 404
