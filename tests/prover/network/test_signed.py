"""What oracles, governors and guardians sign, over HTTP: checked as the ledger checks it, and recorded once."""

import pytest

from prover.network.wire.receipts import Recorded
from settlement import events
from settlement.checks import heartbeat
from settlement.ledger import Ledger
from settlement.log import checkpoint, proofs
from settlement.pool import governance
from settlement.pool.governance import Change
from settlement.risk import quotes
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.settlement import announcing
from tests.settlement.bundles import samples
from zk.formats import dataclassjson

KEY = checkpoint.key(samples.pool())


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def sent(path, *requests):
    async def questions(client):
        return [await post(client, route, data) for route, data in requests]

    return serving.asked(path, questions)


def recorded(answer) -> events.Event:
    """The event of an answer, which its proof shows."""
    assert answer.status_code == 200, answer.text
    receipt = dataclassjson.read(Recorded, answer.json(), "the receipt")
    event = events.read(proofs.verify_inclusion(receipt.proof, KEY).leaf)
    assert (event.height, event.kind, event.created_ms) == (receipt.height, receipt.kind, receipt.created_ms)
    return event


def quoted(path) -> bytes:
    with Ledger.open(path, read_only=True) as ledger:
        return quotes.encode(samples.quotes(ledger))


def test_prices_that_the_oracles_signed_are_published_once(path):
    data = quoted(path)
    first, again = sent(path, ("/publications", data), ("/publications", data))
    assert recorded(first).kind == events.GRIDS and again.content == first.content
    with Ledger.open(path, read_only=True) as ledger:
        assert ledger.reader.last_event().height == 1


def test_prices_that_nobody_signed_are_refused(path):
    data = bytearray(quoted(path))
    data[-1] ^= 1
    (answer,) = sent(path, ("/publications", bytes(data)))
    assert answer.status_code in (400, 422) and answer.json()["rejection"] in (2, 31)
    (junk,) = sent(path, ("/publications", b"junk"))
    assert (junk.status_code, junk.json()["name"]) == (400, "MALFORMED")


def test_a_change_that_the_governors_signed_is_announced_once(path):
    with Ledger.open(path, read_only=True) as ledger:
        change = Change(announcing.parameters(2), samples.NOW_MS + ledger.pool.governance.delay_ms, ())
        data = governance.encode(governance.sign(ledger.pool, change, samples.GOVERNOR_SECRETS[:2]))
    first, again = sent(path, ("/changes", data), ("/changes", data))
    assert recorded(first).kind == events.PARAMETERS and again.content == first.content


@pytest.mark.parametrize(
    "route, size, name",
    [("/changes", 3, "MALFORMED"), ("/heartbeats", heartbeat.HEARTBEAT_BYTES, "MALFORMED"),
     ("/expiries", 3, "MALFORMED"), ("/heartbeats", heartbeat.HEARTBEAT_BYTES + 1, "BODY_TOO_LARGE")],
)  # fmt: skip
def test_what_is_malformed_is_refused_by_name(path, route, size, name):
    assert sent(path, (route, bytes(size)))[0].json()["name"] == name
