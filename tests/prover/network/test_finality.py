"""What a quorum of validators has cosigned is final, and nothing else: not by strangers, nor of another history."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.network.service.finality import PATIENCE_S
from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt
from settlement.bundles import digests
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, note
from settlement.pool.validators import Validator, Validators
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.prover.network.test_bundles import deposits, encoded
from tests.settlement.bundles import samples
from zk.formats import dataclassjson

SECRETS = {name: Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number, name in enumerate("abc", 1)}
VALIDATORS = Validators(
    tuple(Validator(name, secret.public_key().public_bytes_raw()) for name, secret in SECRETS.items()), quorum=2
)
TIME_S = samples.NOW_MS // 1000


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path, validators=VALIDATORS)


def cosigned(text, *names, secrets=SECRETS):
    for name in names:
        text = cosignature.cosign(text, name, secrets[name], TIME_S)
    return text.encode()


async def checkpoint_of(client):
    return (await client.get("/checkpoint")).text


def test_a_checkpoint_is_final_when_a_quorum_has_cosigned_it(path):
    first, second = deposits(path, 5, 7)

    async def questions(client):
        await post(client, "/bundles", encoded(first))
        text = await checkpoint_of(client)
        await post(client, "/bundles", encoded(second))
        answers = [await client.get("/checkpoint/final"), await post(client, "/cosignatures", cosigned(text, "a")),
                   await client.get("/checkpoint/final"), await post(client, "/cosignatures", cosigned(text, "c")),
                   await client.get("/checkpoint/final")]  # fmt: skip
        ids = [digests.bundle_id(bundle).hex() for bundle in (first, second)]
        return answers, [await client.get(f"/bundles/{each}/final") for each in ids]

    (missing, one, still, two, final), (receipt, later) = serving.asked(path, questions)
    assert (missing.status_code, still.status_code, later.status_code) == (404, 404, 404)
    assert one.json() == {"size": 2, "cosigned": 1, "quorum": 2, "is_final": False}
    assert two.json() == {"size": 2, "cosigned": 2, "quorum": 2, "is_final": True}
    with Ledger.open(path, read_only=True) as ledger:
        key = checkpoint.key(ledger.pool)
    assert checkpoint.verify(final.text, key).size == 2 and cosignature.is_final(final.text, VALIDATORS)
    decoded = dataclassjson.read(Receipt, receipt.json(), "the receipt")
    assert receipts.verify(decoded, key, digests.bundle_id(first), first).size == 2
    assert receipts.is_final(decoded, VALIDATORS)
    assert not receipts.is_final(decoded, replace(VALIDATORS, quorum=3))


def test_a_newer_final_checkpoint_takes_the_place_of_an_older_one_and_not_the_other_way_round(path):
    (bundle,) = deposits(path, 5)

    async def questions(client):
        older = await checkpoint_of(client)
        await post(client, "/bundles", encoded(bundle))
        newer = await checkpoint_of(client)
        sizes = []
        for text in (older, newer, older):
            await post(client, "/cosignatures", cosigned(text, "a", "b"))
            sizes.append((await client.get("/checkpoint/final")).text.split("\n")[1])
        return sizes

    assert serving.asked(path, questions) == ["1", "2", "2"]


def test_validators_who_ask_while_the_log_grows_are_asked_for_the_same_checkpoint_until_it_is_final(path):
    bundles, now_ms = deposits(path, 5, 6, 7, 8), samples.NOW_MS

    async def questions(client):
        nonlocal now_ms
        sizes, texts = [], []
        for bundle, after in zip(bundles, ("nobody", "a quorum", "nobody", "a while"), strict=True):
            await post(client, "/bundles", encoded(bundle))
            texts.append((await client.get("/checkpoint/pending")).text)
            sizes.append(checkpoint.parse(note.text_of(texts[-1])).size)
            if after == "a quorum":
                await post(client, "/cosignatures", cosigned(texts[-1], "a", "b"))
            if after == "a while":
                now_ms += PATIENCE_S * 1000
                text = (await client.get("/checkpoint/pending")).text
                sizes.append(checkpoint.parse(note.text_of(text)).size)
        return sizes

    assert serving.asked(path, questions, clock=lambda: now_ms) == [2, 2, 4, 4, 5]


def test_a_validators_newest_cosignature_costs_its_sender_nothing_and_any_other_what_a_request_costs(path):
    first, second = deposits(path, 5, 7)

    async def questions(client):
        standings, texts, told = client._transport.app.state.parts.standings, [], []
        for bundle in (first, second):
            await post(client, "/bundles", encoded(bundle))
            texts.append(await checkpoint_of(client))
        older, newer = texts
        later = cosignature.cosign(newer, "a", SECRETS["a"], TIME_S + 1).encode()
        for data in (
            cosigned(older, "a"), cosigned(newer, "a"), cosigned(newer, "a"), cosigned(older, "a"), later,
            cosigned(newer, "a"), cosigned(newer, "a", "b"), cosigned(older, "c"), cosigned(newer, "c"),
        ):  # fmt: skip
            assert (await post(client, "/cosignatures", data)).status_code == 200
            told.append(round(standings.cost("127.0.0.1"), -1))
        return told

    new, again, less, later, earlier, quorum, final, last = 0, 20, 40, 40, 60, 60, 80, 80
    assert serving.asked(path, questions) == [new, new, again, less, later, earlier, quorum, final, last]


def test_who_is_no_validator_of_the_pool_makes_nothing_final(path):
    strangers = {name: Ed25519PrivateKey.from_private_bytes(bytes([9] * 32)) for name in "ab"}

    async def questions(client):
        text = await checkpoint_of(client)
        forged = cosigned(text, "a", "b", secrets=strangers)
        mixed = cosigned(cosigned(text, "a").decode(), "b", secrets=strangers)
        answers = [await post(client, "/cosignatures", each) for each in (text.encode(), forged, mixed, b"\xff", b"x")]
        answers.append(await post(client, "/cosignatures", cosigned(text, "a")))  # twice the same is once
        return answers, await client.get("/checkpoint/final")

    (bare, forged, mixed, binary, junk, again), final = serving.asked(path, questions)
    assert [answer.json()["name"] for answer in (bare, forged)] == ["NOT_COSIGNED"] * 2
    assert mixed.json()["cosigned"] == again.json()["cosigned"] == 1
    assert [answer.status_code for answer in (binary, junk)] == [400, 400] and final.status_code == 404


def test_a_cosigned_checkpoint_of_another_history_is_refused(path):
    async def questions(client):
        named = checkpoint.parse(note.text_of(await checkpoint_of(client)))
        others = [
            replace(named, root=bytes(32)), replace(named, size=7), replace(named, size=0),
            replace(named, origin="another/log"),
        ]  # fmt: skip
        texts = [checkpoint.sign(other, serving.SECRET) for other in others]
        texts.append(note.sign(f"{named}extension\n", named.origin, serving.SECRET))
        return [await post(client, "/cosignatures", cosigned(text, "a", "b")) for text in texts]

    answers = serving.asked(path, questions)
    assert [answer.status_code for answer in answers] == [409, 409, 409, 400, 400]
