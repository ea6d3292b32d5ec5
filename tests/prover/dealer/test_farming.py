"""A desk whose proofs other machines make: its [queue] is read strictly, and it goes on without them."""

import time

import pytest

from circuits import samples
from circuits.statements import statement
from prover.dealer import farming
from prover.dealer.farming import Queue
from prover.dealer.strategies.tables import Table
from prover.farm.line import Line
from prover.farm.proving import Failed
from prover.machine.home import Home
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from tests.prover import pools
from tests.prover.farm import farms
from zk.errors import FormatError

URL = "postgresql://desk:secret@db/zksettle"
KEY = "ab" * 64


def decoded(**values):
    return farming.decode(Table(values, pools.make(), "DESK.toml.queue"))


def test_a_queue_is_read():
    assert decoded(url=URL) == Queue(URL, None, 5_000)
    assert decoded(url=URL, key=KEY, patience="2s") == Queue(URL, KEY, 2_000)


@pytest.mark.parametrize("values, word", [
    ({}, "url is missing"),
    ({"url": "db/zksettle"}, "url is not like postgresql://"),
    ({"url": 5}, "url is not a text"),
    ({"url": URL, "key": "ab"}, "key is not one"),
    ({"url": URL, "patience": "0s"}, "patience: .0s. is not a length of time"),
    ({"url": URL, "patience": "11m"}, "patience must be at most 10m"),
    ({"url": URL, "pateince": "1s"}, "unknown key 'pateince'"),
], ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_a_mistake_is_named_without_the_url(values, word):
    with pytest.raises(FormatError, match=word) as caught:
        decoded(**values)
    assert "secret" not in str(caught.value)


def test_where_no_proof_comes_the_desk_makes_it_and_says_so_once(url, tmp_path, keystore):
    def failing(key, tasks):
        return [Failed("it is on fire")] * len(tasks)

    farm, told = farms.make(url, tmp_path), []
    own = Keystore(keystore.folder("margin").parent, 0)
    public, private = samples.honest("margin")[0]
    with farm.working(farm.worker(failing)):
        with farming.proving(Queue(url, farm.keys.public.text(), 20_000), Home(tmp_path), own, told.append):
            for _ in range(2):
                own.verify("margin", statement.inputs(public), pipeline.prove("margin", public, private, own))
    assert len(told) == 1 and "it is on fire" in told[0] and "proving here" in told[0]
    assert own.farm is None


def test_where_the_queue_is_not_what_it_was_the_desk_goes_on_without_it(url, tmp_path, keystore):
    farm, told = farms.make(url, tmp_path), []
    own = Keystore(keystore.folder("margin").parent, 0)
    public, private = samples.honest("margin")[0]
    with farming.proving(Queue(url, farm.keys.public.text(), 2_000), Home(tmp_path), own, told.append):
        farm.sql("ALTER TABLE jobs RENAME TO gone")
        own.verify("margin", statement.inputs(public), pipeline.prove("margin", public, private, own))
    (sentence,) = told
    assert "the queue's tables were changed" in sentence and "proving here" in sentence


def test_a_desk_waits_for_a_database_that_is_away_only_as_long_as_for_a_proof(url, tmp_path, monkeypatch):
    farm, asked = farms.make(url, tmp_path), []
    monkeypatch.setattr(Line, "_current", lambda self, deadline_s: asked.append(deadline_s - time.monotonic()) or 1 / 0)
    own = Keystore(tmp_path, 0)
    with farming.proving(Queue(url, farm.keys.public.text(), 2_000), Home(tmp_path), own, print):
        with pytest.raises(ZeroDivisionError):
            own.farm._submitter.withdraw([b"j" * 16])
    assert asked[0] <= 2


def test_a_desk_does_not_begin_with_a_queue_of_another_key(url, tmp_path):
    farms.make(url, tmp_path)
    with pytest.raises(FormatError, match="is not .* the one that was given"):
        with farming.proving(Queue(url, KEY, 1_000), Home(tmp_path), None, print):
            pytest.fail("it began")
