"""The bench of the queue: its workers are processes that do what they are told, and its report says what was found."""

from xml.etree import ElementTree

import pytest

from prover.bench import charts, farm, farmside, idleness
from prover.bench.measure import Timing
from prover.farm import opening
from prover.farm.submitter import Submitter


def timing(name, workers, per_s):
    return Timing(name, f"{workers} workers", 100, 1, 1.0, (100 / per_s,))


TIMINGS = [
    timing(farm.WAITING, 1, 10.0), timing(farm.WAITING, 2, 19.0), timing(farm.WAITING, 8, 64.0),
    timing(farm.REAL, 1, 20.0), timing(farm.REAL, 2, 38.0), timing("through the queue", 2, 150.0),
]  # fmt: skip


def section(found, name):
    return next(each.rows for each in found.sections if each.name == name)


def test_efficiency_is_over_n_times_one_worker():
    found = farm._report(TIMINGS, [0.002] * 40, 100, [0.01, None, 0.02])
    rows = {(row["name"], row["workers"]): row["efficiency"] for row in section(found, "efficiencies")}
    assert rows[farm.WAITING, 1] == 1.0 and rows[farm.WAITING, 2] == 0.95 and rows[farm.WAITING, 8] == 0.8
    assert rows[farm.REAL, 2] == 0.95
    reached = {row["goal"]: row["reached"] for row in section(found, "goals")}
    assert reached == {
        "efficiency, calibrated wait, 2 workers": "yes", "efficiency, calibrated wait, 8 workers": "no",
        "efficiency, real proofs, 2 workers": "yes", "overhead of an idle queue, 50 %": "yes",
        "jobs a second through the queue": "yes",
    }  # fmt: skip
    slow = farm._report([*TIMINGS[:-1], timing("through the queue", 2, 99.0)], [0.006] * 40, 100, [0.1])
    assert [row["reached"] for row in section(slow, "goals")][-2:] == ["no", "no"]


@pytest.mark.parametrize("busy, said", [
    ([0.01, 0.11], "up to 11% of the cores' time"), ([None], "does not say how busy it is"),
])  # fmt: skip
def test_no_goal_is_judged_by_figures_of_a_machine_that_others_keep_busy(busy, said):
    found = farm._report(TIMINGS, [0.002] * 40, 100, busy)
    assert {row["reached"] for row in section(found, "goals")} == {"not judged"}
    assert said in found.notes[-1]


def test_others_took_what_was_neither_idle_nor_waited_for_a_disk(tmp_path):
    """Ten ticks each of user, nice, system, interrupts and stolen time; what guests had is in the first two."""
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 100 1000 50 0 0 0 40 40\ncpu0 1 1 1 1 1 1 1 1 1 1\n")

    def pause(_seconds):
        stat.write_text("cpu  110 10 110 1020 80 0 10 10 49 49\n")

    assert idleness.others(stat, pause) == pytest.approx(0.5)
    assert idleness.others(stat, lambda seconds: None) == 0
    stat.write_text("processors 2\n")
    assert idleness.others(stat, lambda seconds: None) is None
    assert idleness.others(tmp_path / "nothing", lambda seconds: None) is None


def test_the_chart_is_drawn():
    pytest.importorskip("matplotlib")
    found = farm._report(TIMINGS, [0.002] * 40, 100, [0.01, None, 0.02])
    report = {
        "benchmark": "farm", "machine": {"cpu": "an abacus", "cores": 2, "lanes": 1, "commit": "abc"},
        "timings": [each.to_json() for each in TIMINGS], **{each.name: each.rows for each in found.sections},
    }  # fmt: skip
    drawn = charts.draw(report)
    assert ElementTree.fromstring(drawn).tag.endswith("svg") and drawn == charts.draw(report)


def test_workers_that_wait_return_the_proofs_that_are_in_their_jobs(url, tmp_path):
    opening.init(url, tmp_path / "farm.json")
    with Submitter.open(url, lambda offered: offered) as submitter:
        make = farm.waiting_job(submitter, tmp_path)
        with farmside.working(url, tmp_path, 1, 1):
            farm._all(submitter, make, 9)
            assert len(farm._alone(submitter, make, 2)) == 2
