"""When a guardian takes its turn at watching: the later ones too, however busy the ledger is."""

from itertools import count
from types import SimpleNamespace

import pytest

from prover.cli.pool import guardian_run, guardian_show
from settlement.errors import Unavailable


class Enough(Exception):
    pass


@pytest.mark.parametrize("first, turns_s", [(1, [0.0]), (2, [2.0]), (3, [4.0])])
@pytest.mark.parametrize("settles", ["once", "always"])
def test_each_guardian_takes_its_turn_after_its_patience(monkeypatch, first, turns_s, settles):
    now_s, turns, heights = [0.0], [], count()

    def sleep(seconds):
        now_s[0] += seconds
        if now_s[0] > 4.4:
            raise Enough

    def tried(app, opened):
        turns.append(now_s[0])
        return "", 1.0

    monkeypatch.setattr(guardian_run.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(guardian_run.time, "sleep", sleep)
    monkeypatch.setattr(guardian_show, "tried", tried)
    is_busy = settles == "always"
    reader = SimpleNamespace(last_event=lambda: SimpleNamespace(height=next(heights) if is_busy else 1))
    opened = SimpleNamespace(ledger=SimpleNamespace(reader=reader, update=lambda: None))
    with pytest.raises(Enough):
        guardian_run._watch(None, opened, 500, first)
    assert turns[:1] == turns_s


def test_a_guardian_of_a_ledger_elsewhere_sees_what_settles_there_and_outlives_its_absence(monkeypatch):
    """Each look at the ledger brings the copy up to date; the second one finds nobody, and the third news."""
    heights, looks, steps, said = [1], count(1), [], []

    def update():
        match next(looks):
            case 2:
                raise Unavailable("the service cannot be reached")
            case 3:
                heights[0] += 1
            case 5:
                raise Enough

    monkeypatch.setattr(guardian_run.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(guardian_show, "tried", lambda app, opened: (steps.append(heights[0]) or "", 1.0))
    reader = SimpleNamespace(last_event=lambda: SimpleNamespace(height=heights[0]))
    app = SimpleNamespace(screen=SimpleNamespace(say=lambda text, style: said.append(text)))
    with pytest.raises(Enough):
        guardian_run._watch(app, SimpleNamespace(ledger=SimpleNamespace(reader=reader, update=update)), 500, 1)
    assert steps == [1, 2] and said == ["the service cannot be reached; trying again."]
