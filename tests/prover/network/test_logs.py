"""What the service writes down: which bundles settled, and nothing of what was in them or of who sent them."""

import json

import httpx
import pytest

from prover.network.wire import postings
from settlement.bundles import digests
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded
from tests.prover.network.test_orders import posted
from tests.prover.network.test_process import served

SETTLED = {
    "event", "level", "timestamp", "bundle", "height", "bytes", "is_checkpointed", "check_us", "apply_us",
}  # fmt: skip
SENDER = "203.0.113.77"


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def test_the_log_names_bundles_and_neither_senders_nor_contents(path, capfd):
    first, second = deposits(path, 5, 7)
    (order,) = posted(path)

    def client(url):
        headers = {"Content-Type": "application/octet-stream", "X-Forwarded-For": SENDER, "Authorization": "a secret"}
        with httpx.Client(base_url=url, headers=headers) as asking:
            answers = [
                asking.post(f"/{route}?a=secret", content=content)
                for route, content in (
                    ("bundles", encoded(first)), ("bundles", encoded(first)[:-1]), ("bundles", b"junk"),
                    ("orders", postings.encode(order)), ("bundles", encoded(second)),
                )
            ]  # fmt: skip
            asking.get("/orders/a-secret-of-the-sender")
            return [answer.status_code for answer in answers]

    assert served(path, client) == [200, 400, 400, 200, 200]
    told = capfd.readouterr()
    lines = [json.loads(line) for line in told.err.splitlines() if line.startswith("{")]
    assert [line["bundle"] for line in lines] == [digests.bundle_id(bundle).hex() for bundle in (first, second)]
    assert all(set(line) == SETTLED for line in lines)
    nullifiers = [leg.nullifier for leg in (*first.legs, *second.legs)]
    contents = [text for each in nullifiers for text in (f"{each}", f"{each:x}")]
    for secret in (SENDER, "127.0.0.1", "secret", "bank", "junk", *contents):
        assert secret not in told.out + told.err, secret
