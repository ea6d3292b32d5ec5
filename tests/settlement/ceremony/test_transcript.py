"""A folder's files make one chain, or it is said which of them does not fit and why."""

import io
import json
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from circuits import registry
from prover.operator import contributing
from settlement.ceremony import contribution, start, transcript
from settlement.ceremony.start import Contributor
from tests.hostile import damage
from tests.settlement.ceremony import chains
from zk.errors import FormatError, InvalidProof
from zk.formats import ptaucontributions, sections, zkeycontributions


@pytest.fixture
def folder(tmp_path):
    """A ceremony with contributions of Alice, Bob and Carol."""
    made = chains.begin(tmp_path / "ceremony")
    for number, name in enumerate(("Alice", "Bob", "Carol"), start=1):
        chains.add(made, name, number)
    return made


def problems(folder) -> list[str]:
    return [str(problem) for problem in transcript.survey(folder).problems]


def test_a_chain_is_read_in_its_order_and_every_link_is_there_with_its_points(folder):
    found = transcript.read(folder)
    assert [link.head.name for link in found.chain] == ["Alice", "Bob", "Carol"]
    assert found.chain[0].path.name == "0001-alice.contribution"
    assert found.digest == found.chain[-1].digest and found.contributions == 3 and not found.has_beacon
    assert transcript.load(found.chain[1]).shares == chains.SHARES


def test_a_beginning_without_contributions_is_a_transcript_too(tmp_path):
    found = transcript.read(chains.begin(tmp_path / "ceremony"))
    assert found.chain == () and found.digest == found.start_digest and found.contributions == 0


def test_signers_are_counted_once_and_beacons_are_none(tmp_path):
    made = chains.begin(tmp_path / "ceremony")
    assert transcript.read(made).signers == frozenset()
    chains.add(made, "Alice", 1)
    chains.add(made, "Alice under another name", 1)
    first = chains.signer(1).public_key().public_bytes_raw().hex()
    assert transcript.read(made).signers == {first} and transcript.read(made).contributions == 2
    chains.add(made, "beacon", 9, beacon=chains.BEACON)
    assert transcript.read(made).signers == {first} and not transcript.read(made).is_by_many


def test_a_ceremony_is_by_many_when_two_keys_signed_and_two_made_the_powers(folder):
    found = transcript.read(folder)
    assert found.is_by_many and len(found.signers) == 3
    one = replace(found.start.powers, contributors=(Contributor("Dora", False), Contributor("a block", True)))
    assert not replace(found, start=replace(found.start, powers=one)).is_by_many
    assert not replace(found, chain=found.chain[:1]).is_by_many


def test_a_start_may_name_as_many_as_powers_and_keys_can_have():
    assert start.MAX_CONTRIBUTORS == ptaucontributions.MAX_CONTRIBUTIONS
    assert contribution.MAX_NUMBER == zkeycontributions.MAX_CONTRIBUTIONS
    everybody = (Contributor('"' * 255, False),) * start.MAX_CONTRIBUTORS
    crowded = replace(chains.START, powers=replace(chains.START.powers, contributors=everybody))
    assert start.decode(start.encode(crowded), "the start") == crowded


def test_nobody_is_let_contribute_beyond_what_can_be_read(folder, monkeypatch):
    found = transcript.read(folder)
    contributing.check_open(found)
    monkeypatch.setattr(contribution, "MAX_NUMBER", 3)
    with pytest.raises(FormatError, match="the ceremony has 3 contributions, and 3 is the limit"):
        contributing.check_open(found)


def test_every_file_moves_the_digest_of_the_whole(tmp_path):
    made = chains.begin(tmp_path / "ceremony")
    digests = [transcript.read(made).digest]
    for name in ("Alice", "Bob"):
        chains.add(made, name)
        digests.append(transcript.read(made).digest)
    assert len(set(digests)) == 3


def test_a_fork_is_found_and_both_files_are_named(folder):
    (folder / "0003-carol.contribution").rename(folder / "aside")
    chains.add(folder, "Dora", 4)
    (folder / "aside").rename(folder / "0003-carol.contribution")
    both = "0003-carol.contribution and 0003-dora.contribution both follow 0002-bob.contribution"
    assert problems(folder) == [f"{both}, which is a fork: keep one of them"]
    assert [link.head.name for link in transcript.survey(folder).chain] == ["Alice", "Bob"]


def test_a_file_that_is_not_there_is_missed(folder):
    (folder / "0002-bob.contribution").unlink()
    assert problems(folder) == ["0003-carol.contribution follows a file that is not here, or was changed"]


@pytest.mark.parametrize("name", ["0001-alice.contribution", "0002-bob.contribution", "0003-carol.contribution"])
def test_every_changed_byte_is_noticed(folder, name):
    before = (folder / name).read_bytes()
    for place in range(0, len(before), 7):
        (folder / name).write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
        assert problems(folder), place
    (folder / name).write_bytes(before)
    assert not problems(folder)


def test_a_changed_start_leaves_the_first_contribution_without_a_predecessor(folder):
    later = replace(chains.START, made_ms=chains.START.made_ms + 1)
    (folder / start.FILE).write_bytes(start.encode(later))
    assert problems(folder)[0] == "0001-alice.contribution follows a file that is not here, or was changed"


def test_two_files_that_were_exchanged_are_noticed(folder):
    first, second = folder / "0001-alice.contribution", folder / "0002-bob.contribution"
    bytes_of_first = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(bytes_of_first)
    assert problems(folder) == [
        "0001-alice.contribution is contribution 2 by what it says inside",
        "0002-bob.contribution is contribution 1 by what it says inside",
    ]


def test_a_contribution_of_another_ceremony_is_noticed(folder, tmp_path):
    other = chains.begin(tmp_path / "other")
    (other / start.FILE).write_bytes(start.encode(replace(chains.START, made_ms=7)))
    (folder / "0002-bob.contribution").write_bytes(chains.add(other, "Bob").read_bytes())
    assert "0002-bob.contribution is contribution 1 by what it says inside" in problems(folder)
    assert "0002-bob.contribution follows a file that is not here, or was changed" in problems(folder)


def test_a_number_that_is_not_the_place_is_noticed(tmp_path):
    made = chains.begin(tmp_path / "ceremony")
    chains.add(made, number=2)
    assert problems(made) == ["0002-alice.contribution follows 0000-start.json, and says that it is number 2"]


def resigned(folder, name: str, **changes) -> None:
    """A contribution's file with other fields, under the signature that it had."""
    path = folder / name
    found = contribution.decode(path.read_bytes(), name)
    path.write_bytes(contribution.encode(replace(found, **changes)))


def test_a_signature_by_another_key_is_noticed(folder):
    found = contribution.decode((folder / "0003-carol.contribution").read_bytes(), "it")
    other = contribution.signed(found.head, found.shares, chains.signer(9).sign)
    resigned(folder, "0003-carol.contribution", signature=other.signature)
    key = contribution.fingerprint(found.head.public_key)
    assert problems(folder) == [f"0003-carol.contribution is not signed by the key it names, {key}"]


@pytest.mark.parametrize("changed", [
    lambda found: {"head": replace(found.head, name="Mallory")},
    lambda found: {"head": replace(found.head, made_ms=5)},
    lambda found: {"head": replace(found.head, beacon=chains.BEACON)},
    lambda found: {"head": replace(found.head, public_key=chains.signer(9).public_key().public_bytes_raw().hex())},
    lambda found: {"shares": found.shares[::-1]},
    lambda found: {"shares": (replace(found.shares[0], delta_g2=b"", record=b"recorddelta"), found.shares[1])},
])  # fmt: skip
def test_the_signature_covers_all_that_is_said_and_every_share(folder, changed):
    found = contribution.decode((folder / "0003-carol.contribution").read_bytes(), "it")
    resigned(folder, "0003-carol.contribution", **changed(found))
    assert "is not signed by the key it names" in problems(folder)[0]


def test_nothing_comes_after_a_beacon_and_no_beacon_comes_first(tmp_path):
    made = chains.begin(tmp_path / "ceremony")
    chains.add(made, "beacon", beacon=chains.BEACON)
    assert problems(made) == ["0001-beacon.contribution is a beacon, and nobody contributed before it"]
    (made / "0001-beacon.contribution").unlink()
    chains.add(made, "Alice")
    chains.add(made, "beacon", beacon=chains.BEACON)
    found = transcript.read(made)
    assert found.has_beacon and found.contributions == 1
    chains.add(made, "Bob")
    assert problems(made) == ["0003-bob.contribution follows a beacon, after which nothing may come"]


def test_a_contribution_about_other_statements_is_noticed(tmp_path):
    made = chains.begin(tmp_path / "ceremony")
    chains.add(made, shares=chains.SHARES[:1])
    assert problems(made) == ["0001-alice.contribution is about 1 statements, and the start lists 2"]


def test_powers_that_are_not_there_are_missed(folder):
    (folder / "powers.ptau").unlink()
    assert problems(folder) == ["powers.ptau is missing"]


def test_the_first_problem_is_raised_by_its_kind(folder):
    (folder / "0002-bob.contribution").unlink()
    with pytest.raises(InvalidProof, match="a file that is not here"):
        transcript.read(folder)
    (folder / "0001-alice.contribution").write_bytes(b"zkct")
    with pytest.raises(FormatError, match="0001-alice.contribution is not a .zkct file"):
        transcript.read(folder)


def test_a_file_that_changes_between_two_looks_is_noticed(folder):
    found = transcript.read(folder)
    (folder / "0001-alice.contribution").write_bytes((folder / "0002-bob.contribution").read_bytes())
    with pytest.raises(FormatError, match="0001-alice.contribution was changed while it was read"):
        transcript.load(found.chain[0])


def test_what_is_no_file_or_too_large_is_refused_without_waiting_or_reading(folder):
    (folder / "0002-bob.contribution").unlink()
    os.mkfifo(folder / "0002-bob.contribution")
    with open(folder / "0001-alice.contribution", "r+b") as file:
        file.truncate(contribution.MAX_FILE_BYTES + 1)
    assert "has 67108865 bytes, and 67108864 is the limit" in problems(folder)[0]
    assert problems(folder)[1].endswith("0002-bob.contribution is not a file")


def test_a_name_that_would_write_to_a_terminal_is_not_shown_as_it_is(folder):
    (folder / "0002-bob.contribution").rename(folder / "0002-\x1b[2J.contribution")
    assert problems(folder)[0] == r"the file '0002-\x1b[2J.contribution' has a name that cannot be printed"


def test_a_folder_that_is_no_ceremonys_is_named(tmp_path):
    with pytest.raises(FormatError, match="is not the folder of a ceremony: there is no 0000-start.json in it"):
        transcript.read(tmp_path)


def test_a_ceremony_for_another_version_of_a_statement_is_refused(folder, monkeypatch):
    monkeypatch.setattr(registry, "pinned", lambda name: "12" * 32)
    with pytest.raises(FormatError, match="about another version of leg: .* and this program's has 1212121212121212"):
        transcript.read(folder)
    monkeypatch.setattr(registry, "names", lambda: ("margin",))
    with pytest.raises(FormatError, match="a statement 'leg', which this program does not have"):
        transcript.read(folder)


def test_a_name_makes_a_file_name_that_every_system_takes():
    head = contribution.Head(12, "00" * 32, "Éva ../& Bob", 0, "00" * 32, None)
    assert contribution.file_name(head) == "0012-va-bob.contribution"
    assert contribution.file_name(replace(head, name="日本")) == "0012-someone.contribution"


HEAD = {"number": 1, "previous": "ab" * 32, "name": "Alice", "made_ms": 5, "public_key": "cd" * 32, "beacon": None}
WRONG_HEADS = [
    ({"number": 0}, "the number is not an integer from 1"),
    ({"number": True}, "the number is not an integer from 1"),
    ({"number": 4097}, "the number is not an integer from 1 to 4096"),
    ({"made_ms": -1}, "the time is not an integer"),
    ({"made_ms": 2**63}, "the time is not an integer"),
    ({"name": ""}, "bytes of printable characters"),
    ({"name": "a\x1b[2J"}, "bytes of printable characters"),
    ({"name": "é" * 33}, "is not 1 to 64 bytes"),
    ({"name": 5}, "bytes of printable characters"),
    ({"previous": "AB" * 32}, "previous is not 64 hex digits"),
    ({"public_key": "cd" * 31}, "public_key is not 64 hex digits"),
    ({"beacon": {"value": "", "iterations_exp": 10}}, "beacon is not 1 to 255 bytes in hex digits"),
    ({"beacon": {"value": "0" * 3, "iterations_exp": 10}}, "beacon is not 1 to 255 bytes in hex digits"),
    ({"beacon": {"value": "00" * 256, "iterations_exp": 10}}, "beacon is not 1 to 255 bytes in hex digits"),
    (
        {"beacon": {"value": "00", "iterations_exp": 9}},
        "the exponent of its iterations is not an integer from 10 to 26",
    ),
    ({"beacon": {"value": "00", "iterations_exp": 27}}, "exponent of its iterations is not an integer from 10 to 26"),
    ({"beacon": {"value": "00"}}, "has no iterations_exp"),
    ({"more": 1}, "unknown key 'more'"),
]


@pytest.mark.parametrize("changes, why", WRONG_HEADS)
def test_a_head_that_is_not_sound_is_refused_by_what_is_wrong(changes, why):
    with pytest.raises(FormatError, match=why):
        contribution._decode_head(contribution.canonical(HEAD | changes), "it")


@pytest.mark.parametrize("order", [[2, 1, *range(3, 11)], range(1, 10), range(1, 3), range(2, 11), [1, *range(3, 11)]])
def test_sections_that_are_not_a_contributions_in_their_order_are_refused(tmp_path, order):
    path = chains.add(chains.begin(tmp_path / "ceremony"))
    found = sections.split(path.read_bytes(), b"zkct", 1, contribution._NAMES, "it")
    assert list(found) == list(range(1, 11))
    file = io.BytesIO()
    sections.write(file, b"zkct", 1, [(number, len(found[number].data), [found[number].data]) for number in order])
    with pytest.raises(FormatError, match="does not have the sections of a contribution, in their order"):
        contribution.decode(file.getvalue(), "it")


def test_a_container_that_is_damaged_in_one_place_is_refused(tmp_path):
    data = chains.add(chains.begin(tmp_path / "ceremony")).read_bytes()
    kind = SimpleNamespace(magic=b"zkct", version=1, good=lambda: data)
    cases = dict(damage.container(kind))
    assert len(cases) > 200
    for case, damaged in cases.items():
        with pytest.raises((FormatError, InvalidProof)):
            contribution.check_signature(contribution.decode(damaged, "it"), case)


def test_a_head_in_another_form_is_refused():
    assert contribution._decode_head(contribution.canonical(HEAD), "it").name == "Alice"
    with pytest.raises(FormatError, match="canonical form"):
        contribution._decode_head(json.dumps(HEAD).encode(), "it")


def with_powers(document: dict, **changes) -> dict:
    return document | {"powers": document["powers"] | changes}


@pytest.mark.parametrize("spoil, why", [
    (lambda document: document | {"format": "other"}, "is not the start of a ceremony, version 1"),
    (lambda document: document | {"version": 2}, "is not the start of a ceremony, version 1"),
    (lambda document: document | {"made_ms": "now"}, "the time is not an integer"),
    (lambda document: with_powers(document, power=29), "the power is not an integer from 1 to 28"),
    (lambda document: with_powers(document, sha256="ab"), "the powers: the digest is not 64 hex digits"),
    (lambda document: with_powers(document, more=1), "the powers has the unknown key 'more'"),
    (lambda document: with_powers(document, contributors=[]), "do not list 1 to 4096 contributors"),
    (lambda document: with_powers(document, contributors=[{"name": None, "is_beacon": True}] * 4097), "do not list"),
    (lambda document: with_powers(document, contributors=[{"name": "a"}]), "a contributor has no is_beacon"),
    (lambda document: with_powers(document, contributors=[{"name": "a\n", "is_beacon": False}]), "can be shown"),
    (lambda document: with_powers(document, contributors=[{"name": "a", "is_beacon": 1}]), "can be shown"),
    (lambda document: document | {"circuits": []}, "does not list 1 to 16 circuits"),
    (lambda document: document | {"circuits": document["circuits"] * 9}, "does not list 1 to 16 circuits"),
    (lambda document: document | {"circuits": document["circuits"] * 2}, "lists a statement twice"),
    (lambda document: document | {"circuits": [document["circuits"][0] | {"hash": "cd" * 32}]}, "128 hex digits"),
    (lambda document: document | {"circuits": [document["circuits"][0] | {"hash": "CD" * 64}]}, "half of the hash"),
    (lambda document: document | {"circuits": [document["circuits"][0] | {"fingerprint": 5}]}, "fingerprint is not 64"),
    (lambda document: document | {"more": 1}, "unknown key 'more'"),
])  # fmt: skip
def test_a_start_that_is_not_sound_is_refused_by_what_is_wrong(spoil, why):
    document = json.loads(start.encode(chains.START))
    assert start.decode(start.encode(chains.START), "the start") == chains.START
    with pytest.raises(FormatError, match=why):
        start.decode(contribution.canonical(spoil(document)) + b"\n", "the start")


def test_a_start_in_another_form_is_refused():
    with pytest.raises(FormatError, match="canonical form"):
        start.decode(json.dumps(json.loads(start.encode(chains.START))).encode(), "the start")
