"""The files that the fuzzer kept are refused where it heard a sentence, and used where it could use them."""

import json

import pytest

from tests.hostile import fuzz, goods
from tests.hostile.goods import CORPUS, FORMATS

KEPT = json.loads((CORPUS / "kept.json").read_text())


@pytest.mark.parametrize("name", FORMATS)
def test_what_the_fuzzer_kept_is_refused_or_used_again(name):
    others, good = [], FORMATS[name].good()
    for row in KEPT:
        if row["format"] == name:
            heard = fuzz.sentence(FORMATS[name], fuzz.edited(good, row["edits"]))
            if (heard == fuzz.USED) != (row["says"] == fuzz.USED):
                others.append((row["says"], heard))
    assert others == []


def test_every_format_has_files_that_are_refused_and_files_that_are_used():
    for name in FORMATS:
        said = {row["says"] for row in KEPT if row["format"] == name}
        assert fuzz.USED in said and len(said) > 10


def test_edits_tell_every_difference():
    good = goods.content("good.wtns")
    for bad in (good, b"", good[:50], good[50:], good[:7] + b"x" + good[7:], good[::-1], good + good, b"\0" * 500):
        assert fuzz.edited(good, fuzz.edits(good, bad)) == bad
