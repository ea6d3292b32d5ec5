"""A validator that runs while its service goes away and comes back."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from prover.cli.pool import cosigning
from prover.network.mirrors.validating import Cosigned
from settlement.errors import Unavailable
from settlement.log.checkpoint import Checkpoint

AWAY = Unavailable("the service cannot be reached")


def cosigned(size: int) -> Cosigned:
    return Cosigned(Checkpoint("log", size, bytes(32)), 1, 2)


@pytest.fixture
def started(monkeypatch):
    """Runs the loop of a validator whose steps return or raise these, and then Ctrl-C; what it said."""

    def start(*answers, once):
        left, said = iter([*answers, KeyboardInterrupt()]), []

        def step():
            answer = next(left)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        validator = SimpleNamespace(check_own=lambda: None, step=step)
        monkeypatch.setattr(cosigning, "POLL_S", 0)
        monkeypatch.setattr(cosigning, "RETRY_S", 0)
        monkeypatch.setattr(cosigning, "Ledger", SimpleNamespace(open=nullcontext))
        monkeypatch.setattr(cosigning, "Mirror", lambda *_: SimpleNamespace(void={}, size=0))
        monkeypatch.setattr(cosigning.finality, "size", lambda _: 0)
        monkeypatch.setattr(cosigning, "Relay", lambda *_: SimpleNamespace(get=None, close=lambda: None))
        monkeypatch.setattr(cosigning, "Validator", lambda *_: validator)
        monkeypatch.setattr(cosigning, "_turn", lambda *_: False)
        home = SimpleNamespace(pool=SimpleNamespace(path=None), ledger=None, validator_state=None)
        screen = SimpleNamespace(say=lambda text, style: said.append(text), document=said.append)
        own = SimpleNamespace(secret=None, validator=SimpleNamespace(name="v"))
        cosigning.run(SimpleNamespace(home=home, screen=screen), own, "http://x", once, None, is_public=False)
        return said

    return start


def test_it_says_once_that_the_service_is_away_and_goes_on_when_it_is_back(started):
    said = started(cosigned(1), AWAY, AWAY, cosigned(2), AWAY, cosigned(3), once=False)
    assert [line if isinstance(line, dict) else line.partition(" (")[0] for line in said] == [
        "Verified and cosigned 1 events", "the service cannot be reached; trying again.",
        "Verified and cosigned 2 events", "the service cannot be reached; trying again.",
        "Verified and cosigned 3 events", {"cosigned": 3, "root": "00" * 32},
    ]  # fmt: skip


def test_asked_for_once_it_gives_up_when_the_service_is_away(started):
    with pytest.raises(Unavailable):
        started(AWAY, once=True)
