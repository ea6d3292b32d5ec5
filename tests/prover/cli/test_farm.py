"""`zksettle prover worker` and `prover queue`, and proofs that `prove` and `groth16 prove` have made by a queue."""

import json
import signal
import urllib.request

import pytest

from circuits import samples
from circuits.statements import statement
from prover.circom import keycache, proofs
from prover.farm import farmkey, jobs
from prover.farm.jobs import State
from prover.farm.proving import Failed
from prover.farm.worker import Worker
from prover.proofs.purposes import Purpose
from tests import processes
from tests.patience import PATIENCE_S, until
from tests.prover.cli.run import as_json, refused, zksettle
from tests.prover.farm import farms
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.groth16 import generator

WITNESS = qap.cubic_witness(11, 13)


@pytest.fixture
def ready(url, home, monkeypatch):
    """A home in which a queue was made, whose URL is in the environment."""
    monkeypatch.setenv("ZKSETTLE_QUEUE", url)
    monkeypatch.delenv("ZKSETTLE_QUEUE_KEY", raising=False)
    for path in (home / "queues.json", home / "farm" / "key.json"):
        path.unlink(missing_ok=True)
    assert as_json(home, "prover", "queue", "init")["key"] == str(home / "farm" / "key.json")
    return home


@pytest.fixture
def farm(url, tmp_path, monkeypatch):
    """A queue with a toy key, whose URL is in the environment."""
    monkeypatch.setenv("ZKSETTLE_QUEUE", url)
    return farms.make(url, tmp_path)


def margin(folder):
    """A file of inputs, and where the proof goes."""
    public, private = samples.honest("margin")[0]
    content = {"public": statement.to_json(public), "private": statement.to_json(private)}
    (folder / "input.json").write_text(json.dumps(content))
    return folder / "input.json", folder / "proof.json"


def circom(folder, monkeypatch):
    """A key, a witness, and where the proof and its public inputs go."""
    (folder / "cache").mkdir()
    monkeypatch.setattr(keycache, "folder", lambda: folder / "cache")
    proofs.forget()
    (folder / "c.zkey").write_bytes(iden3.zkey(generator.generate(cubic.system())))
    (folder / "w.wtns").write_bytes(iden3.wtns(WITNESS))
    return [folder / name for name in ("c.zkey", "w.wtns", "p.json", "public.json")]


def test_a_worker_proves_a_statement_and_a_circom_circuit_counts_both_and_ends_when_told(ready, tmp_path, monkeypatch):
    inputs, proof = margin(tmp_path)
    worker = ("prover", "worker", "--metrics", "127.0.0.1:0", "--name", "the first", "--json")
    with processes.started(ready, *worker) as process:
        said = processes.document(process)
        assert said["worker"] == "the first" and len(said["key"]) == 64
        told = as_json(ready, "prove", "margin", inputs, "-o", proof, "--priority", "take")
        assert told["queue"] and not told["service"]
        assert zksettle(ready, "verify", proof).code == 0
        told = as_json(ready, "groth16", "prove", *circom(tmp_path, monkeypatch))
        assert told["queue"] and told["inputs"] == list(map(str, WITNESS[1:3]))
        with urllib.request.urlopen(said["metrics"]) as answer:
            counted = answer.read().decode()
        assert 'zksettle_farm_jobs_total{outcome="done"} 2.0' in counted and "zksettle_farm_workers 1.0" in counted
        seen = as_json(ready, "prover", "queue", "status")
        assert seen["jobs"]["done"] == {"block": 0, "take": 1, "quote": 1, "audit": 0} and seen["queued"] == 0
        (working,) = seen["workers"]
        assert (working["name"], working["key"], working["quarantined"]) == ("the first", said["key"], False)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    assert as_json(ready, "prover", "queue", "status")["workers"] == []


def test_fullprove_has_the_witness_proved_that_it_has_calculated(farm, home, circom_folders, tmp_path):
    folder, outputs = circom_folders["words"], (tmp_path / "proof.json", tmp_path / "public.json")
    given = "groth16", "fullprove", folder / "input.json", folder / "circuit_js" / "circuit.wasm"
    asked = *outputs, "--queue-key", farm.keys.public.text(), "--priority", "block"
    kernels = Worker(farm.url, farm.keys, tmp_path / "cache", tmp_path / "worker.json", tell=farm.told.append)
    with farm.working(kernels):
        refused(zksettle(home, *given, circom_folders["duplicates"] / "circuit.zkey", *asked), 3, "wires")
        assert not outputs[0].exists() and farm.sql("SELECT count(*) FROM jobs") == [(0,)]
        told = as_json(home, *given, folder / "circuit.zkey", *asked)
    assert told["queue"] and farm.sql("SELECT state, purpose FROM jobs") == [("done", Purpose.BLOCK)]
    assert json.loads(outputs[1].read_text()) == json.loads((folder / "public.json").read_text())
    assert zksettle(home, "groth16", "verify", folder / "key.json", outputs[1], outputs[0]).code == 0


def test_without_a_worker_the_command_says_so_and_writes_nothing(ready, tmp_path):
    inputs, proof = margin(tmp_path)
    ran = zksettle(ready, "prove", "margin", inputs, "-o", proof, "--timeout", "1")
    assert ran.code == 1 and "the queue made no proof: no worker proved the job in time" in ran.err
    assert not proof.exists()
    assert as_json(ready, "prover", "queue", "status")["queued"] == 0


def test_a_queue_whose_key_is_another_one_is_sent_nothing(ready, url, tmp_path):
    inputs, proof = margin(tmp_path)
    other = "0" * 128
    refused(zksettle(ready, "prove", "margin", inputs, "-o", proof, "--queue-key", other), 3, "the one that was given")
    ran = zksettle(ready, "prove", "margin", inputs, "-o", proof, "--timeout", "1")
    assert ran.code == 1  # the first use, which is noted
    noted = json.loads((ready / "queues.json").read_text())
    noted["keys"] = dict.fromkeys(noted["keys"], other)
    (ready / "queues.json").write_text(json.dumps(noted))
    refused(zksettle(ready, "prove", "margin", inputs, "-o", proof), 3, "the one of the first use")
    assert set(as_json(ready, "prover", "queue", "status")["jobs"]["withdrawn"].values()) == {0, 1}


def test_a_worker_of_another_farm_does_not_begin(ready, tmp_path):
    refused(zksettle(ready, "prover", "worker", "--key", tmp_path / "none.json"), 3, "there is no farm key at")
    assert farmkey.create(tmp_path / "other.json")
    refused(zksettle(ready, "prover", "worker", "--key", tmp_path / "other.json"), 3, "another farm key")
    ran = zksettle(ready, "prover", "queue", "init", "--key", tmp_path / "other.json")
    refused(ran, 3, "belongs to another farm key")


def test_a_queue_is_given_a_new_key_that_each_takes_up_by_itself(ready, tmp_path):
    inputs, proof = margin(tmp_path)
    asked, new = ("prove", "margin", inputs, "-o", proof, "--timeout", "1"), tmp_path / "new.json"
    assert zksettle(ready, *asked).code == 1  # the first use: there is no worker
    made = as_json(ready, "prover", "queue", "rekey", new)
    assert made["withdrawn"] == 0 and made["public"] == farmkey.read(new).public.text()
    assert as_json(ready, "prover", "queue", "rekey", new) == made
    refused(zksettle(ready, "prover", "worker"), 3, "another farm key")
    refused(zksettle(ready, *asked), 3, "the one of the first use", "give it once with --queue-key")
    assert zksettle(ready, *asked, "--queue-key", made["public"]).code == 1
    assert zksettle(ready, *asked).code == 1


def test_there_must_be_a_queue(url, home):
    refused(zksettle(home, "prover", "queue", "status", "--queue", url), 3, "there is no queue in this database")
    refused(zksettle(home, "prover", "queue", "status"), 2, "--queue")
    refused(zksettle(home, "prover", "queue", "status", "--queue", "postgresql://x@127.0.0.1:1/y"), 1, "be reached")


def test_a_parked_job_is_shown_with_its_reason_and_queued_again(farm, home):
    def failing(key, tasks):
        return [Failed("the machine is on fire")] * len(tasks)

    job = farm.job(purpose=Purpose.AUDIT)
    with farm.submitting() as submitter:
        with farm.working(farm.worker(failing)):
            submitter.submit([job])
            assert submitter.wait([job.id], PATIENCE_S)[0].state == State.PARKED
        (parked,) = as_json(home, "prover", "queue", "status")["parked"]
        assert parked["job"] == job.id.hex() and parked["reason"] == "the machine is on fire"
        assert (parked["attempts"], parked["purpose"]) == (jobs.MOST_ATTEMPTS, "audit")
        assert "the machine is on fire" in zksettle(home, "prover", "queue", "status").out
        refused(zksettle(home, "prover", "queue", "retry"), 2, "name the jobs, or say --all")
        refused(zksettle(home, "prover", "queue", "retry", "abcd"), 2, "does not have 32 digits")
        ran = zksettle(home, "prover", "queue", "retry", "ab" * 16, job.id.hex())
        assert ran.code == 1 and "1 of these are not parked" in ran.out
        assert as_json(home, "prover", "queue", "retry", "--all") == {"queued": 0}
        seen = as_json(home, "prover", "queue", "status")
        assert seen["parked"] == [] and seen["queued"] == 1


def test_a_queue_that_is_drained_takes_nothing_until_it_resumes(farm, home):
    with farm.submitting() as submitter:
        waiting = submitter.submit([farm.job()])
        ran = zksettle(home, "prover", "queue", "drain", "--patience", "1")
        assert ran.code == 1 and "1 are still queued" in ran.out
        with pytest.raises(jobs.NotProved, match="prover queue resume"):
            submitter.submit([farm.job(2)])
        with farm.working(farm.worker()):
            assert submitter.wait(waiting, PATIENCE_S)[0].state == State.DONE
        assert as_json(home, "prover", "queue", "drain", "--patience", "1") == {"draining": True, "queued": 0}
        assert "takes no new jobs" in zksettle(home, "prover", "queue", "status").out
        assert as_json(home, "prover", "queue", "resume") == {"draining": False}
        submitter.submit([farm.job(3)])


def test_a_worker_that_lied_is_shown_and_can_be_pardoned(farm, home):
    liar = farm.worker(farms.lying, "liar")
    with farm.submitting() as submitter:
        with farm.working(liar):
            ids = submitter.submit([farm.job()])
            until(lambda: submitter.wait(ids, 0.05) and farm.sql("SELECT job FROM quarantine"))
        seen = as_json(home, "prover", "queue", "status")
        digits = liar.identity.hex()
        assert [each["key"] for each in seen["workers"] if each["quarantined"]] == [digits]
        refused(zksettle(home, "prover", "queue", "pardon", "zz"), 2, "no worker that is quarantined")
        assert as_json(home, "prover", "queue", "pardon", digits[:16])["worker"] == digits
        refused(zksettle(home, "prover", "queue", "pardon", digits[:16]), 2, "no worker that is quarantined")
