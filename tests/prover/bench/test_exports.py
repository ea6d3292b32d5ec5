"""A report as CSV and as a page: every run is there once, and what is inserted cannot break a table."""

import csv
import io

import pytest

from prover.bench import exports, tables
from prover.bench.measure import Timing
from prover.bench.report import Column, Measurements, Section, to_json
from prover.bench.tables import Table
from prover.machine import environment, hardware

SECTION = Section("extra", "an extra", (Column("what", "what"), Column("memory", "memory", "bytes")),
                  [{"what": "a|b", "memory": 15_600}])  # fmt: skip


def document(*timings, notes=()):
    around = environment.describe(["bench", "some thing"], environment.load())
    measurements = Measurements(timings, (SECTION,), notes, {"programs": {"other 1.0": "other --fast"}})
    return to_json({"benchmark": "peers", "circuit": "cubic"}, hardware.describe(), around, 123, measurements)


@pytest.fixture(scope="module")
def two():
    metered = Timing("other, quick", "2^3", 8, 2, 9.0, (1.0, 2.0), "chain", {"energy_j": (5.5, 6.5)})
    return document(Timing("ours", "2^3", 8, 1, 4.0, (3.0,), "chain"), metered, notes=("Not *measured*.",))


def test_every_run_is_one_line_with_what_was_read_at_it(two):
    rows = list(csv.DictReader(io.StringIO(exports.as_csv(two))))
    seen = [(row["name"], row["run"], float(row["seconds"]), row["energy_j"]) for row in rows]
    assert seen == [
        ("ours", "0", 4.0, ""), ("ours", "1", 3.0, ""),
        ("other, quick", "0", 9.0, ""), ("other, quick", "1", 1.0, "5.5"), ("other, quick", "2", 2.0, "6.5"),
    ]  # fmt: skip
    assert {(row["benchmark"], row["of"], row["case"], row["size"], row["items"]) for row in rows} == {
        ("peers", "cubic", "chain", "2^3", "8")
    }


def test_a_page_has_the_runs_the_sections_the_notes_and_the_environment(two):
    page = exports.page(two, tables.of(two, [SECTION], is_wide=True), tables.machine(two))
    lines = page.splitlines()
    assert lines[0] == "# zksettle bench peers" and "    zksettle bench 'some thing'" in lines
    header, rule, row = lines[lines.index("### An extra") + 2 :][:3]
    assert (header, rule, row) == ("| what | memory |", "|---|---:|", "| a\\|b | 15.6 kB |")
    assert "1 s and 2 s | 50.0%" in page and "Not \\*measured\\*." in lines
    assert "| programs: other 1.0 | other --fast |" in lines
    assert f"| software: commit | {hardware.commit().removesuffix('+')} |" in lines


def test_a_table_keeps_its_columns_whatever_its_cells_hold():
    text = exports.markdown(Table("", ("a", ">b"), [("x | y\nz", "<b>*1*</b>")]))
    assert text.splitlines()[2:] == ["| x \\| y z | &lt;b>\\*1\\*&lt;/b> |"]


def test_what_is_not_exposed_is_said_so_and_a_number_is_no_answer():
    around = {"a": {"b_c": None, "d": [1, 2]}, "e": ["L1, 2", "L2"], "f": True, "swap": 0, "cores": 1}
    flat = dict(exports.flat(around))
    assert flat == {"a: b c": "not exposed", "a: d": "1, 2", "e": "L1, 2; L2", "f": "yes", "swap": "0", "cores": "1"}


def test_the_table_of_a_screen_has_no_intervals_and_only_the_columns_that_it_needs():
    plain = tables.of_timings(document(Timing("ours", "", 1, 1, 4.0, (3.0,)))["timings"], False)
    assert plain.columns == ("what", "size", ">threads", ">first", ">least", ">25 %", ">median", ">75 %", ">95 %")
    assert all(len(row) == len(plain.columns) for row in plain.rows)
