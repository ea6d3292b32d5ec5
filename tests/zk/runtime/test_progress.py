"""Several pieces of work, each with a unit of its own, report into one total."""

from zk.runtime.progress import Steps


def test_the_parts_of_a_total_report_in_its_unit():
    reports = []
    steps = Steps(100, lambda done, total: reports.append((done, total)))
    steps.add(10)
    first = steps.part(60)  # a piece that counts to 3 by itself
    first(1, 3)
    first(3, 3)
    steps.part(30)(7, 7)
    assert reports == [(10, 100), (30, 100), (70, 100), (100, 100)]


def test_reports_are_optional():
    steps = Steps(1)
    steps.add(1)
    assert steps.done == 1
