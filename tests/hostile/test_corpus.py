"""The inputs in the fuzzer's corpus are refused or accepted as they were when they were added."""

import json
import random

import pytest

from tests.hostile import edits, fuzz, goods
from tests.hostile.containers import KINDS as CONTAINERS
from tests.hostile.goods import CORPUS
from tests.hostile.strangers import TARGETS

KEPT = [row for name in ("kept.json", "strangers.json") for row in json.loads((CORPUS / name).read_text())]
FEWEST_SENTENCES = {
    "address": 3, "address-body": 3, "sealed": 1, "terms": 1, "opening": 1, "archive": 0, "checkpoint": 6,
}  # fmt: skip
MOST_LOST = 0.2
"""Rows name fields.  When a format loses so many of them, its part of the corpus has to be made again."""


def rows(name: str) -> list[dict]:
    """The rows of a kind."""
    return [row for row in KEPT if row["format"] == name]


@pytest.mark.parametrize("name", fuzz.KINDS)
def test_inputs_of_the_corpus_are_refused_or_accepted_as_before(name):
    different, lost, kind = [], 0, fuzz.KINDS[name]
    for row in rows(name):
        try:
            case = kind.case(row)
        except KeyError:  # a field that the format no longer has
            lost += 1
            continue
        heard = fuzz.sentence(kind, case)
        if (heard == fuzz.USED) != (row["says"] == fuzz.USED) and getattr(kind, "is_exact", True):
            different.append((row["says"], heard))
    assert different == []
    assert lost <= MOST_LOST * len(rows(name))


@pytest.mark.parametrize("name", fuzz.KINDS)
def test_every_kind_has_refused_and_accepted_inputs_in_the_corpus(name):
    said = {row["says"] for row in rows(name)}
    assert fuzz.USED in said and len(said) > FEWEST_SENTENCES.get(name, 10)


@pytest.mark.parametrize("name", TARGETS)
def test_good_messages_are_used(name):
    assert [TARGETS[name].refusal(case) for case in TARGETS[name].start()] == [None] * len(TARGETS[name].goods)


def test_edits_turn_a_file_into_any_other():
    good = goods.content("good.wtns")
    for bad in (good, b"", good[:50], good[50:], good[:7] + b"x" + good[7:], good[::-1], good + good, b"\0" * 500):
        assert edits.applied(good, edits.of(good, bad)) == bad


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_row_of_the_corpus_has_the_bytes_of_its_file(name):
    chance, kind = random.Random(name), CONTAINERS[name]
    for _ in range(20):
        case = kind.changed(chance, kind.start()[0])
        assert kind.case(json.loads(json.dumps(kind.row(case)))).data == case.data


@pytest.mark.parametrize("name", TARGETS)
def test_a_row_of_the_corpus_has_the_fields_of_its_message(name):
    chance, kind = random.Random(name), TARGETS[name]
    for _ in range(20):
        case = kind.changed(chance, chance.choice(kind.start()))
        assert kind.case(json.loads(json.dumps(kind.row(case)))) == case
