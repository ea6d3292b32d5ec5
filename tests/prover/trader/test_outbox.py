"""A command is recognised by its key or by what it asks for; entries are bounded and their JSON is strict."""

import json
from dataclasses import replace

import pytest

from prover.trader import outbox
from prover.trader.outbox import Entry
from zk.errors import FormatError, Unsatisfied
from zk.formats import dataclassjson


def ask(key=None, **what):
    return outbox.asked("withdraw", key, **(what or {"amount": 5}))


def entry(request, number=1, **changes) -> Entry:
    return replace(Entry(request.key, request.digest, bytes([number]) * 32, b"bundle"), **changes)


def test_what_is_asked_depends_on_every_argument_and_on_the_command_but_not_on_their_order():
    asked = [
        outbox.asked("withdraw", None, asset=0, amount=5),
        outbox.asked("withdraw", None, asset=5, amount=0),
        outbox.asked("withdraw", None, asset=0, amount=5, position=None),
        outbox.asked("withdraw", None, asset=0, amount="5"),
        outbox.asked("deposit", None, asset=0, amount=5),
    ]
    assert len({request.digest for request in asked}) == len(asked)
    assert outbox.asked("withdraw", None, amount=5, asset=0).digest == asked[0].digest


@pytest.mark.parametrize("key", ["", "x" * 65, "line\nbreak", "\x1b[2J", "\ud800"])
def test_a_key_is_1_to_64_printable_characters(key):
    with pytest.raises(FormatError, match="1 to 64 printable characters"):
        outbox.asked("withdraw", key)


@pytest.mark.parametrize("key", ["x", "x" * 64, "rent for May", "Miete für März"])
def test_every_other_key_is_allowed(key):
    assert outbox.asked("withdraw", key).key == key


def test_without_a_key_the_newest_entry_that_was_not_told_is_the_same_command():
    old, new = entry(ask("a"), 1), entry(ask(), 2)
    assert outbox.find((old, new), ask()) == new
    assert outbox.find((old, replace(new, is_told=True)), ask()) == old
    assert outbox.find((replace(old, is_told=True),), ask()) is None
    assert outbox.find((old, new), ask(amount=6)) is None


def test_with_a_key_only_the_key_counts_and_it_stands_for_one_thing():
    mine = entry(ask("a"), is_told=True)
    entries = (entry(ask()), entry(ask("b")), mine)
    assert outbox.find(entries, ask("a")) == mine
    assert outbox.find(entries, ask("c")) is None
    with pytest.raises(Unsatisfied, match="the key 'a' was used for something else"):
        outbox.find(entries, ask("a", amount=6))


def test_an_entry_takes_the_place_of_the_one_for_the_same_command():
    first, keyed = entry(ask(), 1), entry(ask("a"), 2)
    entries = outbox.with_entry(outbox.with_entry((), first), keyed)
    assert entries == (first, keyed)
    assert outbox.with_entry(entries, replace(first, made=bytes(32))) == (keyed, replace(first, made=bytes(32)))
    assert outbox.with_entry(entries, replace(keyed, made=bytes(32))) == (first, replace(keyed, made=bytes(32)))
    assert outbox.without(entries, first) == (keyed,) and outbox.without(entries, keyed) == (first,)


def test_what_was_told_is_kept_under_its_key_only_and_without_its_bytes():
    first, keyed = entry(ask(), 1), entry(ask("a"), 2)
    assert outbox.with_told((first, keyed), first, 7) == (keyed,)
    told = replace(keyed, data=b"", height=7, is_told=True)
    assert outbox.with_told((first, keyed), keyed, 7) == (first, told)


def test_the_newest_thousand_are_kept_and_of_them_sixteen_with_their_bytes():
    entries: tuple[Entry, ...] = ()
    for number in range(outbox.MAX_ENTRIES + 1):
        entries = outbox.with_entry(entries, entry(ask(str(number))))
    assert [each.key for each in entries] == [str(number) for number in range(1, outbox.MAX_ENTRIES + 1)]
    assert [bool(each.data) for each in entries] == [False] * 984 + [True] * 16
    assert len(json.dumps([dataclassjson.write(each) for each in entries])) < 400_000


def test_json_comes_back_as_it_was():
    for each in (entry(ask("ü")), entry(ask(), height=0, is_told=True, data=b"")):
        assert dataclassjson.read(Entry, json.loads(json.dumps(dataclassjson.write(each))), "entry") == each


@pytest.mark.parametrize("field, value, words", [
    ("key", "", "entry.key is not a key of 1 to 64"),
    ("key", 5, "entry.key is not a key"),
    ("asked", "ab", "entry.asked has 2 hexadecimal digits instead of 64"),
    ("made", None, "entry.made"),
    ("data", "a", "entry.data"),
    ("height", -1, "entry.height"),
    ("height", True, "entry.height"),
    ("is_told", 1, "entry.is_told"),
])  # fmt: skip
def test_json_that_is_not_an_entry_is_refused(field, value, words):
    document = dataclassjson.write(entry(ask("a")))
    document[field] = value
    with pytest.raises(FormatError, match=words):
        dataclassjson.read(Entry, document, "entry")


def test_nothing_of_an_entry_is_in_its_repr():
    assert repr(entry(ask("rent"))) == "Entry" and repr(ask("rent")) == "Asked"
