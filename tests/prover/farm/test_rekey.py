"""A farm's file was stolen: the queue is given a new key, which workers and submitters take up when they decide so."""

import threading

import pytest

from prover.farm import asking, control, farmkey, opening, pins
from prover.farm.jobs import State
from prover.farm.session import Lost, Session
from prover.farm.submitter import Submitter
from tests.patience import PATIENCE_S, until
from tests.prover.farm import farms
from zk.errors import FormatError

ANOTHER = "belongs to another farm key"


@pytest.fixture
def new(farm):
    return farm.folder / "new.json"


def test_workers_and_submitters_with_the_old_key_end_and_those_with_the_new_one_work(farm, new):
    with farm.submitting() as submitter, farm.working(farm.worker()):
        assert submitter.wait(submitter.submit([farm.job()]), PATIENCE_S)[0].state == State.DONE
        made, withdrawn = opening.rekey(farm.url, new)
        assert made == farmkey.read(new).public != farm.keys.public and withdrawn == 0
        until(lambda: any(ANOTHER in said for said in farm.told))
        with pytest.raises(FormatError, match="another farm key than before"):
            submitter.submit([farm.job(2)])
    assert farm.sql("SELECT count(*) FROM jobs") == [(1,)], "nothing is sealed to the old key any more"
    again = farms.Farm(farm.url, farm.folder, farmkey.read(new), farm.key)
    with again.submitting() as submitter, again.working(again.worker()):
        assert submitter.wait(submitter.submit([again.job(3)]), PATIENCE_S)[0].state == State.DONE
    assert opening.rekey(farm.url, new) == (made, 0), "repeated, it changes nothing"


def test_what_waits_is_withdrawn_and_takes_its_inputs_and_the_evidence_along(farm, new):
    with farm.submitting() as submitter:
        submitter.submit([farm.job(1), farm.job(2)])
        farm.sql("INSERT INTO quarantine VALUES (%s, %s, %s, %s, '', %s, %s, 0)",
                 b"w" * 32, b"c" * 64, b"j" * 16, farm.key.digest, b"p" * 256, b"s" * 64)  # fmt: skip
        control.drain(farm.url)
        assert opening.rekey(farm.url, new)[1] == 2
    assert farm.sql("SELECT DISTINCT state FROM jobs") == [("withdrawn",)]
    assert farm.sql("SELECT (SELECT count(*) FROM inputs), (SELECT count(*) FROM quarantine)") == [(0, 0)]
    assert not control.status(farm.url).is_draining


def test_a_job_that_is_being_queued_meanwhile_is_withdrawn_or_never_queued(farm, new):
    """Those who submit and the new key wait for each other: of four threads, none leaves a job for the old key."""
    with farm.submitting() as submitter:
        def submit():
            with pytest.raises(FormatError):
                while True:
                    submitter.submit([farm.job()])

        threads = [threading.Thread(target=submit) for _ in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: farm.sql("SELECT count(*) > 3 FROM jobs") == [(True,)])
        opening.rekey(farm.url, new)
        for thread in threads:
            thread.join()
    assert farm.sql("SELECT DISTINCT state, (SELECT count(*) FROM inputs) FROM jobs") == [("withdrawn", 0)]


def test_nobody_who_connects_again_reads_the_old_key(farm, new, monkeypatch):
    real, refusals = asking.farm, []

    def farm_of(session):
        with Session(farm.url) as other, pytest.raises(Lost, match="lock timeout") as refused:
            other.rows("SET lock_timeout = '10ms'")
            other.rows("SELECT public_key FROM farm")
        refusals.append(refused)
        return real(session)

    monkeypatch.setattr(asking, "farm", farm_of)
    opening.rekey(farm.url, new)
    assert len(refusals) == 1


def test_a_home_keeps_to_the_old_key_until_it_is_given_the_new_one(farm, new):
    def pinned(given=None):
        def pin(offered):
            return pins.pinned(farm.folder, farm.url, given, offered)

        Submitter.open(farm.url, pin).close()

    pinned()
    made, _ = opening.rekey(farm.url, new)
    with pytest.raises(FormatError, match="the one of the first use.*give it once with --queue-key"):
        pinned()
    with pytest.raises(FormatError, match="the one that was given"):
        pinned(farm.keys.public.text())
    with pytest.raises(FormatError, match="the one of the first use"):
        pinned()
    pinned(made.text())
    pinned()
