"""The files in the fuzzer's corpus are refused or accepted as they were when they were added."""

import json

import pytest

from tests.hostile import fuzz, goods
from tests.hostile.goods import CORPUS, FORMATS

KEPT = json.loads((CORPUS / "kept.json").read_text())


@pytest.mark.parametrize("name", FORMATS)
def test_files_of_the_corpus_are_refused_or_accepted_as_before(name):
    different, good = [], FORMATS[name].good()
    for row in KEPT:
        if row["format"] == name:
            heard = fuzz.sentence(FORMATS[name], fuzz.edited(good, row["edits"]))
            if (heard == fuzz.USED) != (row["says"] == fuzz.USED):
                different.append((row["says"], heard))
    assert different == []


def test_every_format_has_refused_and_accepted_files_in_the_corpus():
    for name in FORMATS:
        said = {row["says"] for row in KEPT if row["format"] == name}
        assert fuzz.USED in said and len(said) > 10


def test_edits_turn_a_file_into_any_other():
    good = goods.content("good.wtns")
    for bad in (good, b"", good[:50], good[50:], good[:7] + b"x" + good[7:], good[::-1], good + good, b"\0" * 500):
        assert fuzz.edited(good, fuzz.edits(good, bad)) == bad
