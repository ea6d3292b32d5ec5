"""The growth that a report of several sizes shows is that of its figures.  No time is tested."""

import json
import os

import numpy as np
import pytest

from prover.bench import charts, memory, sizes, tables, talk
from prover.bench.report import to_json

PAGE = 4096


def measured(log_size, power=1.0, runs=8, resident=1000):
    """A size whose proofs take 1 ms for every 1,000 constraints to this power, and 50 bytes for each constraint."""
    rows = (1 << log_size) - 3
    size = sizes.Measured(
        log_size, {"seconds": 2.0, "peak_bytes": 7}, {"constraints": rows, "key_bytes": 9, "resident_bytes": resident}
    )
    for run in range(runs + 1):
        peak = None if resident is None else resident + 50 * rows
        size.add({"prove_s": (10.0 if run == 0 else 1.0) * 1e-6 * rows**power, "processor_s": 2e-6 * rows,
                  "verify_s": 1e-3, "peak_bytes": peak})  # fmt: skip
    size.phases = {"MSM": 1e-6 * rows, "blinding": 1e-3}
    return size


def test_linear_time_and_memory_have_the_exponent_one_from_size_to_size_and_over_all():
    rows = sizes.growth([measured(k) for k in (16, 18, 20)])
    assert [(row["what"], row["sizes"]) for row in rows] == [
        (what, span) for what in ("time", "processor time", "memory above the key")
        for span in ("2^16 to 2^18", "2^18 to 2^20", "2^16 to 2^20")
    ]  # fmt: skip
    for row in rows:
        assert (row["exponent"], row["low"], row["high"]) == (1.0, 1.0, 1.0) and row["coverage"] >= 0.95


def test_time_that_is_not_linear_shows():
    rows = sizes.growth([measured(k, power=1.1) for k in (10, 12)])
    assert [row["exponent"] for row in rows] == [1.1, 1.0, 1.0]


def test_memory_is_the_most_of_all_proofs_above_what_was_resident_before():
    size = measured(4)
    size.add({"prove_s": 1.0, "processor_s": 1.0, "verify_s": 1.0, "peak_bytes": 1000 + 13 * 77})
    row = sizes.report([size]).sections[0].rows[0]
    assert (row["above_bytes"], row["each_bytes"], row["key_bytes"]) == (13 * 77, 77, 9)


def test_a_system_that_does_not_tell_memory_is_said_so_and_only_time_is_compared():
    report = sizes.report([measured(k, resident=None) for k in (4, 6)])
    assert report.notes and {row["what"] for row in report.sections[1].rows} == {"time", "processor time"}
    assert report.sections[0].rows[0]["above_bytes"] is None
    assert all(tables.of_section(section).rows for section in report.sections)


def test_the_first_proof_is_not_among_the_warm_ones():
    prove, verify = sizes.report([measured(5)]).timings
    assert prove.first_s == pytest.approx(10 * prove.min_s) and len(prove.runs_s) == len(verify.runs_s) == 8


def test_phases_are_compared_between_the_least_and_the_largest_size():
    rows = {row["phase"]: row for row in sizes.report([measured(k) for k in (10, 12)]).sections[2].rows}
    assert rows["MSM"]["exponent"] == 1.0 and rows["blinding"]["exponent"] == 0.0
    assert set(rows["MSM"]) == {"phase", "2^10", "2^12", "exponent"}


def test_a_machine_with_too_little_memory_is_told_before_anything_is_made(monkeypatch):
    monkeypatch.setattr(sizes.hardware, "free_memory_bytes", lambda: 1 << 30)
    monkeypatch.setattr(talk, "process", lambda *arguments: pytest.fail("it is made"))
    with pytest.raises(RuntimeError, match=r"2\^20 takes about 3.49 GB of memory, and 1.07 GB are free"):
        sizes.bench((16, 20), 1)


@pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="only Linux forgets a peak")
def test_a_peak_is_that_of_the_time_since_it_was_forgotten():
    first = np.ones(64 << 20, np.uint8)
    assert memory.peak_bytes() >= memory.resident_bytes() - (1 << 20) > 64 << 20
    del first
    assert memory.forget_peak()
    before = memory.peak_bytes()
    assert before < memory.resident_bytes() + (1 << 20)
    second = np.ones(32 << 20, np.uint8)
    assert (31 << 20) < memory.peak_bytes() - before < (40 << 20)
    assert second[0] == 1


def test_every_page_of_a_mapped_array_becomes_resident(tmp_path):
    np.save(tmp_path / "values.npy", np.zeros((64 << 20) // 8, np.uint64))
    values = np.lib.format.open_memmap(tmp_path / "values.npy", mode="c")
    before = memory.resident_bytes()
    memory.make_resident(values)
    assert memory.resident_bytes() - before > 60 << 20


@pytest.mark.skipif(not charts.is_possible(), reason="matplotlib is not installed")
def test_the_chart_shows_time_and_memory():
    machine = {"cpu": "c", "cores": 2, "lanes": 8, "threads": 2, "commit": "f"}
    document = to_json({"benchmark": "sizes"}, machine, {}, 0, sizes.report([measured(k) for k in (10, 12)]))
    assert charts.draw(json.loads(json.dumps(document))).startswith("<?xml")
