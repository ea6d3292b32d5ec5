"""A home with a light copy settles as any other, and sees what it settled when the validators have cosigned it."""

import pytest

from prover.network.mirrors import joined, mirror
from prover.network.mirrors.joined import JoinedLedger
from settlement import databases
from settlement.errors import OutcomeUnknown
from settlement.ledger import Ledger
from settlement.log import cosignature
from tests.prover.network import serving
from tests.prover.network.told import SECRETS, VALIDATORS
from tests.settlement import guarded
from tests.settlement.audit import histories
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof


@pytest.fixture
def path(tmp_path):
    (tmp_path / "original").mkdir()
    return serving.ledger_at(tmp_path / "original", validators=VALIDATORS)


@pytest.fixture
def joint(path, tmp_path):
    """A light home's ledger behind a service, and what makes its newest checkpoint final."""
    with serving.clients(path) as client:
        wire = client()

        def cosign():
            text = wire.get("/checkpoint").decode()
            for name in "ab":
                text = cosignature.cosign(text, name, SECRETS[name], NOW_MS // 1000)
            wire.post("/cosignatures", text.encode())

        cosign()
        (tmp_path / "home").mkdir()
        place = tmp_path / "home" / "ledger.sqlite"
        mirror.begin(place, mirror.fetch_pool(wire.get), wire.get).close()
        ledger = JoinedLedger(databases.open(place), place.parent, wire, lambda: NOW_MS, any_proof, is_light=True)
        yield ledger, wire, cosign
        ledger.close()


def test_what_a_light_home_settles_is_there_once_it_is_final(joint, monkeypatch):
    ledger, wire, cosign = joint
    made = samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)])
    monkeypatch.setattr(joined, "PATIENCE_S", 0)
    with pytest.raises(OutcomeUnknown, match="it is not final yet: this light copy waits for the validators"):
        guarded.settle(ledger, made)
    assert ledger.reader.last_event().height == 0
    cosign()
    assert guarded.settle(ledger, made).height == 1, "the same again finds out, and settles nothing twice"
    post = wire.post

    def prompt(path, body):
        answer = post(path, body)
        if path == "/bundles":
            monkeypatch.setattr(wire, "post", post)
            cosign()
        return answer

    monkeypatch.setattr(wire, "post", prompt)
    assert guarded.settle(ledger, samples.make(ledger, samples.change(USDC=6), [samples.flow(0, 6)])).height == 2


def test_events_of_every_kind_reach_a_light_home(joint, path):
    ledger, _, cosign = joint
    with Ledger.open(path) as original:
        samples.publish(original)
        histories.govern(original, 1)
    cosign()
    ledger.update()
    assert [event.kind for event in ledger.reader.events()] == ["genesis", "grids", "parameters"]
