"""A validator that runs while its service goes away and comes back."""

from types import SimpleNamespace

import pytest

from prover.cli.pool import validator_run
from prover.network.validating import Cosigned
from settlement.errors import Unavailable
from settlement.log.checkpoint import Checkpoint


@pytest.fixture
def app():
    said: list[object] = []
    screen = SimpleNamespace(say=lambda text, style: said.append(text), document=said.append)
    return SimpleNamespace(screen=screen, said=said)


def cosigned(size: int) -> Cosigned:
    return Cosigned(Checkpoint("log", size, bytes(32)), 1, 2)


def stepping(*answers):
    """A validator whose steps return or raise these, and then Ctrl-C."""
    left = iter([*answers, KeyboardInterrupt()])

    def step():
        answer = next(left)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return SimpleNamespace(step=step)


def test_it_says_once_that_the_service_is_away_and_goes_on_when_it_is_back(app, monkeypatch):
    monkeypatch.setattr(validator_run.time, "sleep", lambda seconds: None)
    away = Unavailable("the service cannot be reached")
    validator_run._cosign(app, stepping(cosigned(1), away, away, None, away, cosigned(2)), once=False)
    assert [line if isinstance(line, dict) else line.partition(" (")[0] for line in app.said] == [
        "Verified and cosigned 1 events", "the service cannot be reached; trying again.",
        "the service cannot be reached; trying again.", "Verified and cosigned 2 events",
        {"cosigned": 2, "root": "00" * 32},
    ]  # fmt: skip


def test_asked_for_once_it_gives_up_when_the_service_is_away(app):
    with pytest.raises(Unavailable):
        validator_run._cosign(app, stepping(Unavailable("the service cannot be reached")), once=True)
