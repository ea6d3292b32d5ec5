"""Contenders take turns, who fails is left out and named, and what a machine counts is read where it happens."""

import mmap
import subprocess
import sys

import pytest

from prover.bench import contenders, meters
from prover.bench.contenders import Contender
from prover.bench.meters import Meter
from prover.bench.peerfiles import Unavailable

PAGES = 2000


class Nothing(Meter):
    """A machine that counts nothing."""

    def __init__(self, powercap):
        super().__init__(powercap)
        self._flags = {}


@pytest.fixture
def nothing(tmp_path):
    return Nothing(tmp_path)


def test_every_round_is_in_the_opposite_order_of_the_one_before(nothing):
    seen = []
    several = [Contender(name, "prove", 1, lambda name=name: seen.append(name) or 1.0) for name in "abc"]
    timings, notes = contenders.rounds(several, 3, nothing, "a case")
    assert seen == [*"abc", *"cba", *"abc", *"cba"] and notes == []
    assert [(t.name, t.case, len(t.runs_s)) for t in timings] == [(name, "a case", 3) for name in "abc"]


def test_the_first_run_is_not_among_the_warm_ones(nothing):
    times = iter([9.0, 1.0, 2.0])
    (timing,), _ = contenders.rounds([Contender("a", "prove", 2, lambda: next(times))], 2, nothing)
    assert (timing.first_s, timing.runs_s, timing.threads, timing.size) == (9.0, (1.0, 2.0), 2, "prove")


def test_who_fails_once_is_left_out_and_the_others_go_on(nothing):
    times = iter([1.0, 2.0])

    def fails():
        for seconds in times:
            return seconds
        raise Unavailable("b is out of luck")

    several = [Contender("a", "prove", 1, lambda: 3.0), Contender("b", "prove", 1, fails)]
    timings, notes = contenders.rounds(several, 3, nothing)
    assert [timing.name for timing in timings] == ["a"] and notes == ["b is out of luck"]
    assert len(timings[0].runs_s) == 3


def test_a_program_that_cannot_start_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="cannot be run"):
        contenders.command("a", [str(tmp_path / "none")]).run()


def rapl(root, name, what, now, most=1000):
    folder = root / name
    folder.mkdir(exist_ok=True)
    for file, value in (("name", what), ("energy_uj", now), ("max_energy_range_uj", most)):
        (folder / file).write_text(f"{value}\n")
    return folder / "energy_uj"


def test_energy_is_that_of_packages_and_memory_and_its_counter_may_start_again(tmp_path):
    package = rapl(tmp_path, "intel-rapl:0", "package-0", 900, most=999)
    memory = rapl(tmp_path, "intel-rapl:0:1", "dram", 5, most=10**6)
    rapl(tmp_path, "intel-rapl:0:0", "core", 1)
    meter, values = Meter(tmp_path), {}
    with meter.reading(None, values):
        package.write_text("150\n")
        memory.write_text("2000005\n"[:6] + "\n")
    energy = {name: value for name, value in values.items() if name.startswith("energy")}
    assert energy == {"energy_package_0_j": pytest.approx(250e-6), "energy_memory_0_j": pytest.approx(199995e-6)}
    assert not any("energy" in note for note in meter.notes)


def test_a_machine_without_counters_says_so(tmp_path, nothing, monkeypatch):
    assert any("no energy counters" in note for note in nothing.notes)
    monkeypatch.setattr(meters, "_open", lambda name, flags, thread: None)
    assert any("count no events" in note for note in Meter(tmp_path).notes)
    monkeypatch.undo()
    real = meters._open
    monkeypatch.setattr(
        meters, "_open", lambda name, flags, thread: None if name == "cycles" else real("page_faults", flags, thread)
    )
    assert "The system exposes no hardware counters of cycles." in Meter(tmp_path).notes


counting = pytest.mark.skipif("page_faults" not in Meter().names, reason="the system lets nobody count events")


def touch_pages():
    with mmap.mmap(-1, PAGES * mmap.PAGESIZE) as fresh:
        for page in range(PAGES):
            fresh[page * mmap.PAGESIZE] = 1


@counting
def test_what_the_meter_itself_does_is_not_counted(monkeypatch):
    meter, values = Meter(), {}
    opening, reading = meter._handles, meters._total
    monkeypatch.setattr(meter, "_handles", lambda *given: [opening(*given), touch_pages()][0])
    monkeypatch.setattr(meters, "_total", lambda *given: [touch_pages(), reading(*given)][1])
    with meter.reading(None, values):
        pass
    assert values["page_faults"] < PAGES


@counting
def test_events_are_those_of_this_process_and_of_the_programs_that_it_starts():
    meter, idle, own, started = Meter(), {}, {}, {}
    with meter.reading(None, idle):
        pass
    with meter.reading(None, own):
        touch_pages()
    with meter.reading(None, started):
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert own["page_faults"] >= PAGES > idle["page_faults"] and own["processor_s"] > 0
    assert started["page_faults"] > 300 and started["processor_s"] > idle["processor_s"]


@counting
def test_events_of_another_process_are_counted_in_it_alone():
    work = "import sys\nfor line in sys.stdin: x = bytearray(8 << 20); print(len(x), flush=True)"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        def ask():
            other.stdin.write(b"go\n")
            other.stdin.flush()
            return other.stdout.readline()

        ask()
        meter, values, own = Meter(), {}, {}
        with meter.reading(other.pid, values):
            ask()
        with meter.reading(None, own):
            ask()
        other.stdin.close()
    assert values["page_faults"] > 3 * own["page_faults"]


def test_counts_are_scaled_to_the_time_that_the_counter_was_wanted(monkeypatch):
    answers = {3: (100, 4000, 1000), 4: (7, 10, 10), 5: (9, 10, 0), 6: (0, 0, 0)}
    monkeypatch.setattr(meters.os, "read", lambda handle, size: meters._VALUE.pack(*answers[handle]))
    assert meters._total("cycles", [3, 4, 6]) == 407
    assert meters._total("cycles", [3, 5]) is None  # it never had a turn
    assert meters._total("processor_s", [4]) == pytest.approx(7e-9)
