"""Real proofs through the queue: a statement's and a circom circuit's, by workers that have only the queue's keys."""

import pytest

from circuits import registry, samples
from circuits.statements import statement
from prover.circom import witnesses
from prover.farm import client, jobs, sealing
from prover.farm.client import Farm
from prover.farm.jobs import NotProved
from prover.farm.keyshelf import OpenKey
from prover.farm.proving import Kernels, Task
from prover.farm.submitter import Submitter
from prover.farm.worker import Worker
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from prover.proofs.purposes import Purpose
from tests.conftest import NOW_MS
from zk.groth16 import verifier

WAIT_S = 900  # also the jobs' deadline


def worker(farm) -> Worker:
    """A worker with kernels, and nothing else of ours."""
    return Worker(farm.url, farm.keys, farm.folder / "cache", farm.folder / "me.json", tell=farm.told.append)


def test_a_keystore_has_its_proof_made_by_a_worker(farm, keystore, monkeypatch):
    public, private = next(iter(samples.honest("escrow")))
    own = Keystore(keystore.folder("escrow").parent, NOW_MS)
    with Submitter.open(farm.url, lambda found: found, farm.told.append) as submitter, farm.working(worker(farm)):
        own.farm = Farm(submitter, own, tell=farm.told.append)
        monkeypatch.setattr("circuits.frontend.program.run", None)  # which this process would prove with
        proof = pipeline.prove("escrow", public, private, own)
    assert farm.told == []
    verifier.verify(keystore.open("escrow").verifying, statement.inputs(public), proof)
    assert farm.sql("SELECT state, (SELECT count(*) FROM inputs) FROM jobs") == [("done", 0)]


def test_a_circom_circuit_is_proved_by_a_worker_and_a_wrong_witness_is_not(farm, circom_folders, tmp_path):
    from zk.formats import snarkjs

    folder = circom_folders["words"]
    key, witness = folder / "circuit.zkey", folder / "witness.wtns"
    wrong = tmp_path / "wrong.wtns"
    data = bytearray(witness.read_bytes())
    data[-32] ^= 1  # of the last wire
    wrong.write_bytes(data)
    with Submitter.open(farm.url, lambda found: found, farm.told.append) as submitter, farm.working(worker(farm)):
        proof, public = client.prove_zkey(submitter, key, witnesses.read(witness), Purpose.TAKE, 1000 * WAIT_S)
        verifier.verify(snarkjs.decode_verifying_key((folder / "key.json").read_bytes()), public, proof)
        assert public == snarkjs.decode_public((folder / "public.json").read_bytes())
        with pytest.raises(NotProved, match="after 3 attempts: the proof made from these inputs does not verify"):
            client.prove_zkey(submitter, key, witnesses.read(wrong), Purpose.TAKE, 1000 * WAIT_S)


def test_a_false_statement_and_malformed_inputs_fail_alone(keystore):
    """In one claim with true ones, which are proved all the same."""
    opened = keystore.open("escrow")
    key = b"k" * 32
    engine = Kernels(lambda digest: OpenKey("escrow", opened.proving, opened.program))
    public, private = next(iter(samples.honest("escrow")))
    true = statement.inputs(public) + statement.inputs(private)
    false = [*true[:-1], true[-1] + 1]
    num_public = registry.get("escrow").num_public

    def task(elements, data=None):
        digest = sealing.public_digest(key, elements[:num_public])
        return Task(jobs.encode(elements) if data is None else data, digest)

    outside = b"\xff" * 32 * len(true)
    results = engine(key, [task(true), task(false), task(true, outside), task(true, b""), task(true)])
    for proof in (results[0], results[4]):
        verifier.verify(opened.verifying, statement.inputs(public), proof)
    assert [result.reason for result in results[1:4]] == [
        "the proof made from these inputs does not verify: they do not satisfy the circuit",
        "the job's inputs: an element is not below r",
        f"the job has 0 inputs, and its key is for {len(true)}",
    ]
