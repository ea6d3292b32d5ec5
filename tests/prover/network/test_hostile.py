"""A small share of tests.soak.hostile: among clients of every hostile kind an honest one settles, as if alone."""

import asyncio
import threading
from collections import Counter, defaultdict

import pytest

from prover.network.service import trust
from prover.network.wire import postings
from prover.network.wire.client import Client
from settlement.ledger import Ledger
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded
from tests.prover.network.test_orders import posted
from tests.soak import harm, hostileclients

SECONDS, SWAPS = 2, 8
ANSWERS = {
    "junk": {"400", "413"},
    "wrong subgroup": {"400"},
    "false signatures": {"422"},
    "orders that never settle": {"200"},
    "replays": {"200"},
    "gzip bombs": {"415"},
    "100,000 JSON levels": {"400"},
    "reads": {"200", "404"},
}
"""What each of these kinds is answered, and nothing else."""


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def test_among_hostile_clients_an_honest_one_settles_and_each_is_answered_as_it_deserves(
    path, tmp_path, capfd, monkeypatch
):
    monkeypatch.setattr(trust, "MOST_NS", 10**15)  # nobody is asked for work because the machine stood still
    good = [encoded(bundle) for bundle in deposits(path, *range(1, SWAPS + 1))]
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    harm.false(tmp_path, [encoded(bundle) for bundle in deposits(path, *[9] * 3)])
    harm.keep(tmp_path / "proofs", [encoded(bundle) for bundle in deposits(path, 8)])  # no proof is false here
    harm.keep(tmp_path / "replays", good[:1])
    harm.keep(tmp_path / "orders", [postings.encode(order) for order in posted(path, 3)])
    with serving.served(path) as url, Client(url) as honest:
        host, port = url.removeprefix("http://").split(":")
        honest.post("/bundles", good[0])

        def attack():
            kinds = len(hostileclients.KINDS)
            while not all(expected <= set(answers[kind]) for kind, expected in ANSWERS.items()):
                found = asyncio.run(hostileclients.attack(host, int(port), kinds, SECONDS, tmp_path))
                for kind, each in found.items():
                    answers[kind] += each

        attacking = threading.Thread(target=attack)
        attacking.start()
        receipts = [honest.post("/bundles", data) for data in good]
        attacking.join()
        assert honest.get("/readyz")
    assert "failed" not in capfd.readouterr().out, "a bug, and not what a client did"
    assert len(receipts) == len(set(receipts)) == SWAPS
    assert not any("500" in found for found in answers.values())
    for kind, expected in ANSWERS.items():
        assert set(answers[kind]) == expected, (kind, answers[kind])
    with Ledger.open(path, read_only=True) as ledger:
        assert ledger.reader.last_event().height >= SWAPS
