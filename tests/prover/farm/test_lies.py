"""Workers that lie are caught and quarantined, and who says so of an honest one is not believed."""

from dataclasses import replace

import pytest

from prover.farm import accusing, evidence, farmkey, jobs, sealing
from prover.farm.evidence import Evidence, NotOfTheFarm, Signed
from prover.farm.jobs import Job, State
from prover.farm.session import Session
from tests import patience
from tests.patience import PATIENCE_S
from tests.prover.farm import farms
from tests.zk.groth16 import known
from zk.errors import FormatError
from zk.groth16 import keys

PUBLIC = (5, 7)


def test_a_worker_that_lies_is_quarantined_and_its_job_is_proved_by_another(farm):
    liar = farm.worker(farms.lying, "liar")
    with farm.submitting() as submitter:
        with farm.working(liar):
            ids = submitter.submit([farm.job(5)])
            no_result(farm, submitter, ids[0], "Quarantined")
        assert f"worker {liar.identity.hex()[:16]} signed a proof that does not verify, and is quarantined" in farm.told
        honest = farm.worker(None, "honest")
        with farm.working(honest):
            (result,) = submitter.wait(ids, PATIENCE_S)
    assert (result.state, result.worker) == (State.DONE, honest.identity)
    assert farm.sql("SELECT worker, job FROM quarantine") == [(liar.identity, ids[0])]
    farm.told.clear()
    with farm.working(liar):  # started again on the same machine
        patience.until(lambda: farm.told)
    assert "is quarantined: check the machine" in farm.told[0]


def test_what_a_quarantined_worker_had_proved_before_is_proved_again(farm):
    liar = farm.worker(None, "liar")
    with farm.submitting() as one, farm.submitting() as two:
        with farm.working(liar):
            first = one.submit([farm.job(1)])
            patience.until(lambda: farm.sql("SELECT state FROM jobs") == [("done",)])
        accuse(farm, lie(farm, "liar"))
        ids = two.submit([farm.job(1, id=first[0])])
        with farm.working(farm.worker(None, "honest")):
            (result,) = two.wait(ids, PATIENCE_S)
    assert result.worker != liar.identity and result.state == State.DONE
    assert f"worker {liar.identity.hex()[:16]} is quarantined" in "".join(farm.told)


@pytest.mark.parametrize("change", [
    {"signature": b"s" * 64},
    {"certificate": b"c" * 64},
    {"worker": b"w" * 32},
    {"digest": b"d" * 32},
])  # fmt: skip
def test_a_result_that_no_worker_of_the_farm_has_signed_is_put_back_and_accuses_nobody(farm, change):
    """Whoever can write to the database writes a result there, as if a worker had: a good proof, even."""
    job = farm.job(5)
    signed = replace(result(farm, "machine", job.id, known.proof(PUBLIC)), **change)
    with farm.submitting() as submitter:
        submitter.submit([job])
        forge(farm, signed)
        no_result(farm, submitter, job.id, "a result was not taken")
        with farm.working(farm.worker(None, "honest")):
            assert submitter.wait([job.id], PATIENCE_S)[0].state == State.DONE
    assert farm.sql("SELECT count(*) FROM quarantine") == [(0,)]


def test_only_true_evidence_is_believed(farm):
    """Lies about an honest worker, each of which would be believed if one check were missing; the truth comes last."""
    with farm.submitting():
        pass
    other = farmkey.create(farm.folder / "other.json")
    good, true = result(farm, "machine", b"j" * 16, known.proof(PUBLIC)), lie(farm, "machine")
    stranger = farmkey.identity(farm.folder / "stranger.json")
    unsigned = true.signed.proof
    lies = [
        Evidence(good, PUBLIC),  # a good proof
        Evidence(good, (6, 7)),  # ... said to be for other inputs
        Evidence(replace(good, proof=unsigned), PUBLIC),  # a wrong proof that was not signed
        Evidence(replace(true.signed, job=b"k" * 16), PUBLIC),
        Evidence(replace(true.signed, certificate=other.certify(true.signed.worker)), PUBLIC),
        Evidence(replace(true.signed, worker=stranger.public), PUBLIC),
        Evidence(good, (5,)),
    ]
    worker = true.signed.worker
    with Session(farm.url) as session:
        for told in lies:
            accuse(farm, told)
            assert not accusing.Judge(farm.keys.public).is_liar(session, worker), told
            farm.sql("DELETE FROM quarantine")
        judge = accusing.Judge(farm.keys.public)
        accuse(farm, lies[0])
        assert not judge.is_liar(session, worker)
        accuse(farm, true)
        assert judge.is_liar(session, worker)
        farm.sql("DELETE FROM quarantine")
        assert judge.is_liar(session, worker), "what was seen is not forgotten"


def test_evidence_for_other_inputs_or_without_a_signature_shows_nothing(farm):
    """Also where it comes from elsewhere than the table, whose readers look at the signature before."""
    good, true = result(farm, "machine", b"j" * 16, known.proof(PUBLIC)), lie(farm, "machine")
    for told in (Evidence(good, (6, 7)), Evidence(replace(good, proof=true.signed.proof), PUBLIC)):
        assert not evidence.shows_a_lie(told, farm.keys.public, farms.VERIFYING)
    assert evidence.shows_a_lie(true, farm.keys.public, farms.VERIFYING)


def test_a_signed_result_under_another_key_than_the_jobs_is_put_back(farm):
    """Of a worker and a database that lie together: there is no such key here by which to judge."""
    job = farm.job(5)
    identity = farmkey.identity(farm.folder / "machine.json")
    good = result(farm, "machine", job.id, known.proof((6, 7)))
    signature = evidence.sign(identity, job.id, b"z" * 32, good.digest, good.proof)
    with farm.submitting() as submitter:
        submitter.submit([job])
        farm.sql("INSERT INTO keys VALUES (%s, %s)", b"z" * 32, b"{}")
        farm.sql("UPDATE jobs SET key = %s", b"z" * 32)
        forge(farm, replace(good, signature=signature))
        no_result(farm, submitter, job.id, "the result is of another job")


def test_a_signed_result_that_is_no_proof_at_all_is_a_lie(farm):
    signed = result(farm, "machine", b"j" * 16, None, b"\xff" * 256)
    assert evidence.shows_a_lie(Evidence(signed, PUBLIC), farm.keys.public, farms.VERIFYING)


def test_a_result_signed_by_another_farms_worker_is_refused(farm):
    signed = result(farm, "machine", b"j" * 16, known.proof(PUBLIC))
    evidence.check_signed(signed, farm.keys.public)
    with pytest.raises(NotOfTheFarm, match="certificate"):
        evidence.check_signed(signed, farmkey.create(farm.folder / "other.json").public)


def test_a_result_of_another_job_is_not_taken(farm):
    """The same worker's signed result of the same inputs, but another job, moved by the database's owner."""
    first, second = farm.job(5), farm.job(5)
    with farm.submitting() as submitter:
        with farm.working(farm.worker()):
            submitter.wait(submitter.submit([first]), PATIENCE_S)
        submitter.submit([second])
        farm.sql(
            "UPDATE jobs SET state = 'done', ended_ms = 1, proof = o.proof, signature = o.signature, worker = o.worker,"
            " certificate = o.certificate FROM jobs o WHERE o.id = %s AND jobs.id = %s", first.id, second.id,
        )  # fmt: skip
        no_result(farm, submitter, second.id, "a result was not taken")


def test_a_job_is_refused_whose_public_inputs_are_not_those_announced(farm):
    """A submitter that announces other inputs than it seals could else get a signature to accuse the worker with."""
    from prover.farm.keyshelf import OpenKey
    from prover.farm.proving import Task, _read

    class Key:
        num_public, num_inputs = 2, 3

    key, elements = OpenKey("toy", Key, Key), Job(b"k" * 32, [5, 7, 9], PUBLIC)
    data = jobs.encode(elements.elements)
    _read(key, b"k" * 32, Task(data, sealing.public_digest(b"k" * 32, PUBLIC)))
    for public in ((6, 7), (5, 7, 9), (5,)):
        with pytest.raises(FormatError, match="not those that were announced"):
            _read(key, b"k" * 32, Task(data, sealing.public_digest(b"k" * 32, public)))


def result(farm, name, job, proof, data=b"") -> Signed:
    """A result as a worker of this name signs it."""
    identity = farmkey.identity(farm.folder / f"{name}.json")
    digest = sealing.public_digest(farm.key.digest, PUBLIC)
    data = data or keys.encode_proof(proof)
    signature = evidence.sign(identity, job, farm.key.digest, digest, data)
    certificate = farm.keys.certify(identity.public)
    return Signed(job, farm.key.digest, digest, data, identity.public, signature, certificate)


def lie(farm, name) -> Evidence:
    """A worker's signature under a proof of other inputs."""
    return Evidence(result(farm, name, b"j" * 16, known.proof((6, 7))), PUBLIC)


def accuse(farm, told):
    with Session(farm.url) as session:
        accusing.accuse(session, told)


def forge(farm, signed):
    farm.sql(
        "UPDATE jobs SET state = 'done', ended_ms = 1, proof = %s, signature = %s, worker = %s, certificate = %s,"
        " public_digest = %s WHERE id = %s",
        signed.proof, signed.signature, signed.worker, signed.certificate, signed.digest, signed.job,
    )  # fmt: skip
    farm.sql("SELECT pg_notify('zksettle_farm_ended', %s)", signed.job.hex())


def no_result(farm, submitter, job, told):
    """Waits until this is told, and sees that meanwhile the job has no result; other waits can go on with it."""

    def is_told():
        assert submitter.wait([job], 0.1)[0].state == State.QUEUED, "it is a lie"
        return any(told in said for said in farm.told)

    patience.until(is_told, farm.told)


@pytest.mark.parametrize("false", [None, 2])
def test_proofs_that_come_together_are_verified_at_once_and_a_false_one_harms_no_other(farm, monkeypatch, false):
    alone = []
    verify = evidence.verify
    monkeypatch.setattr(evidence, "verify", lambda proof, *rest: alone.append(proof) or verify(proof, *rest))

    def engine(key, tasks):
        return [
            known.proof((99, 99)) if number == false else proof for number, proof in enumerate(farms.honest(key, tasks))
        ]

    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job(number) for number in range(4)])
        with farm.working(farm.worker(engine, "first")):
            patience.until(lambda: all(one.found for one in submitter._pending.values()))
        alone.clear()  # of the worker's own
        with farm.working(farm.worker(None, "second")):
            results = submitter.wait(ids, PATIENCE_S)
    assert [result.proof for result in results] == [known.proof((number, 7)) for number in range(4)], farm.told
    assert (not alone) == (false is None)
    assert farm.sql("SELECT count(*) FROM quarantine") == [(0 if false is None else 1,)]
