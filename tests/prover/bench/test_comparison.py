"""Two reports are compared where their work is the same, with what differs around it beside the ratios."""

import json
import math

import pytest

from prover.bench import charts, comparison, distributions, exports, tables
from prover.bench.measure import Timing
from prover.bench.report import Measurements, to_json
from prover.machine import environment, hardware
from tests.prover.cli.run import as_json, refused, zksettle
from zk.errors import FormatError

RUNS = tuple(1.0 + place / 100 for place in range(10))


def document(*timings, **changes):
    """A report as it comes back from a file."""
    around = environment.describe(["bench"], environment.load()) | changes.pop("environment", {})
    made = to_json({"benchmark": "ntt"}, hardware.describe() | changes, around, 1, Measurements(timings))
    return json.loads(json.dumps(made))


def timing(name="one", factor=1.0, runs=RUNS, case=""):
    return Timing(name, "2^3", 1, 1, 9.0, tuple(factor * run for run in runs), case)


@pytest.mark.parametrize("factor, verdict", [(0.5, "faster"), (2.0, "slower"), (1.005, "not shown to differ")])
def test_a_time_is_called_other_only_where_its_interval_says_so(factor, verdict):
    (row,) = comparison.compare(document(timing()), document(timing(factor=factor)))[0].rows
    interval = distributions.ratio([factor * run for run in RUNS], RUNS)
    assert row["verdict"] == verdict and row["coverage"] >= 0.95
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), abs=0.001)
    assert (row["ratio"], row["median_ratio"]) == pytest.approx((factor, factor), abs=0.001)


def test_processor_times_are_compared_where_both_reports_counted_them():
    counted = [document(Timing("one", "2^3", 1, 1, 9.0, RUNS, "", {"processor_s": times}))
               for times in ((0.2, 0.4, 0.3), (None, 0.9))]  # fmt: skip
    section = comparison.compare(*counted)[0]
    assert [row["processor_ratio"] for row in section.rows] == [3.0]
    assert "processor_ratio" in [column.key for column in section.columns]
    for odd in ({}, 7, {"processor_s": 7}, {"processor_s": ["0.2", True, -1.0, math.inf]}):
        counted[1]["timings"][0]["meters"] = odd
        (row,) = comparison.compare(*counted)[0].rows
        assert row["processor_ratio"] is None
    assert "processor_ratio" not in [column.key for column in comparison.compare(*counted)[0].columns]


def test_few_runs_allow_only_a_perhaps():
    few = [document(timing(factor=factor, runs=RUNS[:5])) for factor in (1.0, 3.0)]
    (row,) = comparison.compare(*few)[0].rows
    assert row["verdict"] == "perhaps slower" and 0.8 < row["coverage"] < 0.95


def test_a_report_without_runs_is_compared_by_its_fastest():
    old = document(timing())
    for one in old["timings"]:
        del one["runs_s"]
    (row,) = comparison.compare(old, document(timing(factor=2.0)))[0].rows
    assert (row["ratio"], row["median_ratio"], row["verdict"]) == (2.0, None, "not shown to differ")
    del old["environment"]
    assert comparison.compare(old, old)[0].rows


def test_what_only_one_report_has_is_named_and_cases_are_kept_apart():
    first = document(timing(case="a"), timing(case="b", factor=2.0), timing("old"))
    second = document(timing(case="b"), timing(case="a"), timing("new"))
    ratios, _, notes = comparison.compare(first, second)
    assert {(row["case"], row["ratio"]) for row in ratios.rows} == {("a", 1.0), ("b", 0.5)}
    assert notes == ["Only in the first: old, 2^3, threads 1.", "Only in the second: new, 2^3, threads 1."]
    assert tables.of_section(ratios).columns[0] == "of"


def test_what_differs_around_the_times_is_listed_and_what_always_does_is_not():
    changed = document(timing(), cpu="an abacus", environment={"memory": {"available_bytes": 1}, "command": "another"})
    rows = comparison.compare(document(timing()), changed)[1].rows
    listed = {row["what"]: (row["first"], row["second"]) for row in rows}
    assert listed["machine: cpu"] == (hardware.cpu_name(), "an abacus")
    assert listed["memory: total bytes"][1] == "not in it"
    assert not {"command", "memory: available bytes", "load: start, at"} & set(listed)
    assert {"load: start, average", "load: end, average"} <= set(listed)


def test_other_work_is_not_compared():
    other = document(timing()) | {"benchmark": "msm"}
    with pytest.raises(FormatError, match="different work: benchmark is ntt and msm"):
        comparison.compare(document(timing()), other)
    with pytest.raises(FormatError, match="no timing in common"):
        comparison.compare(document(timing()), document(timing("two")))


def test_an_earlier_report_of_several_circuits_is_compared_case_by_case():
    now, then = document(timing(case="a"), timing(case="b")), document(timing(case="a"), timing(case="b", factor=2.0))
    section = comparison.against(now, then)
    assert [row["ratio"] for row in section.rows] == [1.0, 0.5] and section.columns[0].key == "case"
    assert all(row["low"] <= row["median_ratio"] <= row["high"] for row in section.rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["timings"][0].update(runs_s=[1.0, 0.0]),
        lambda r: r["timings"][0].update(runs_s=[1.0, "2"]),
        lambda r: r["timings"][0].update(runs_s=1.0),
        lambda r: r["timings"][0].update(case=1),
        lambda r: r.update(environment=[]),
        lambda r: r.update(environment={"a": json.loads("[" * 50 + "]" * 50)}),
    ],
)
def test_a_malformed_report_is_refused(tmp_path, change):
    good, bad = document(timing()), document(timing())
    change(bad)
    for name, one in (("good", good), ("bad", bad)):
        (tmp_path / name).write_text(json.dumps(one))
    refused(zksettle(tmp_path, "bench", "compare", tmp_path / "good", tmp_path / "bad"), 3, "bad is not a report")


def test_a_comparison_is_shown_and_written_as_a_page_and_a_chart(tmp_path):
    pytest.importorskip("matplotlib", reason="charts are drawn by matplotlib: pip install 'zksettle[plot]'")
    files = [tmp_path / "first.json", tmp_path / "second.json"]
    for path, factor in zip(files, (1.0, 3.0), strict=True):
        path.write_text(json.dumps(document(timing("a|$b", factor=factor))))
    page, chart = tmp_path / "page.md", tmp_path / "chart.svg"
    ran = zksettle(tmp_path, "bench", "compare", *files, "--markdown", page, "--plot", chart)
    assert ran.code == 0 and "slower" in ran.out and str(page) in ran.out and str(chart) in ran.out
    text = page.read_text()
    assert "| a\\|$b | 2^3 | 1 | 1 s | 3 s | 3.00 | 3.00 |" in text and "- first, made by: zksettle bench" in text
    assert chart.read_text().count("</svg>") == 1
    found = as_json(tmp_path, "bench", "compare", *files)
    assert found["ratios"][0]["verdict"] == "slower" and found["of"] == "ntt"
    assert exports.compared(found)[0][1].startswith(str(files[0]))


def test_a_chart_of_a_comparison_without_matplotlib_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(charts, "is_possible", lambda: False)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document(timing())))
    refused(zksettle(tmp_path, "bench", "compare", path, path, "--plot", tmp_path / "c.svg"), 1, "needs matplotlib")
