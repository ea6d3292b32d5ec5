"""A comparison names files, programs and circuits, and its ratios are of the same work.  No time is tested."""

import pytest

from prover.bench import casefiles, chains, distributions, peerreport
from prover.bench.measure import Timing
from prover.circom import proofs
from prover.machine import files
from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.formats import r1csfile, snarkjs
from zk.groth16 import verifier

METERS = {"energy_x_j": (1.0, 3.0, 2.0), "cycles": (None,) * 3}


def timings(case=""):
    return [
        Timing("zksettle", "prove", 1, 1, 9.0, (1.0, 1.1, 1.2), case),
        Timing("zksettle", "verify", 1, 1, 9.0, (0.5,) * 3, case),
        Timing("other", "prove", 1, 1, 9.0, (4.0, 3.0, 5.0), case, METERS),
        Timing("other", "prove", 1, 2, 9.0, (4.0, 3.0, 5.0), case),
    ]


def test_a_ratio_is_of_the_same_work_on_as_many_threads_with_the_interval_of_both():
    rows = peerreport.report(timings(), (), {}).sections[0].rows
    interval = distributions.ratio((4.0, 3.0, 5.0), (1.0, 1.1, 1.2))
    assert [row["ratio"] for row in rows] == [1.0, 1.0, 3.0, None]
    found = rows[2]
    assert found["median_ratio"] == pytest.approx(4 / 1.1, abs=0.001)
    assert (found["low"], found["high"]) == (round(interval.low, 3), round(interval.high, 3)) == (2.5, 5.0)
    assert [row["low"] for row in rows[:2]] == [None, None]


def test_circuits_are_compared_each_with_itself():
    slow = [Timing(t.name, t.size, 1, t.threads, 9.0, tuple(10 * run for run in t.runs_s), "slow") for t in timings()]
    section = peerreport.report([*timings("fast"), *slow], (), {}).sections[0]
    assert section.columns[0].key == "case"
    assert [row["ratio"] for row in section.rows] == 2 * [1.0, 1.0, 3.0, None]


def test_what_was_counted_is_shown_by_its_median_and_what_was_not_is_left_empty():
    (row,) = peerreport.report(timings(), (), {}).sections[1].rows
    assert (row["prover"], row["energy_x_j"], row["cycles"]) == ("other", 2.0, None)
    assert len(peerreport.report(timings()[:2], (), {}).sections) == 1


def test_processor_times_are_compared_where_both_were_counted():
    counted = [Timing(name, "prove", 1, 1, 9.0, (1.0,) * 3, "", {"processor_s": times})
               for name, times in (("zksettle", (0.2, 0.4, 0.3)), ("other", (0.9, None, 1.2)))]  # fmt: skip
    section = peerreport.report([*counted, *timings()[1:2]], (), {}).sections[0]
    assert section.columns[-1].key == "processor_ratio"
    assert [row["processor_ratio"] for row in section.rows] == [None, 3.5, None]
    assert "processor_ratio" not in [column.key for column in peerreport.report(timings(), (), {}).sections[0].columns]


def test_a_report_says_when_others_kept_the_machine_busy():
    assert peerreport.said_of_others([None, 0.1, 0.02]) == peerreport.said_of_others([None]) == []
    (said,) = peerreport.said_of_others([0.05, None, 0.43])
    assert "up to 43% of the cores" in said and "processor times" in said


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    return casefiles.write(5, tmp_path_factory.mktemp("chains") / "five")


def test_the_files_of_a_chain_are_those_that_a_prover_reads(chain):
    proof, public = proofs.prove(chain.zkey, chain.wtns)
    verifier.verify(snarkjs.decode_verifying_key(chain.verification_key.read_bytes()), public, proof)
    system, expected = r1csfile.decode(chain.r1cs.read_bytes(), "the circuit"), chains.make(5).system
    assert (system.num_constraints, system.num_wires) == (expected.num_constraints, expected.num_wires)
    changed = [(public[0] + 1) % R]
    with pytest.raises(InvalidProof):
        verifier.verify(snarkjs.decode_verifying_key(chain.verification_key.read_bytes()), changed, proof)


def test_a_case_is_named_and_its_files_have_digests(chain):
    assert chain.name == "chain 2^5"
    names = {"circuit.zkey", "witness.wtns", "verification_key.json", "circuit.r1cs"}
    assert chain.digests() == {name: files.digest(chain.folder / name) for name in names}
