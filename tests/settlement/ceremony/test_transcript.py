"""The files of a folder form one chain; otherwise the report names the file that does not fit, and why."""

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
    """A ceremony with contributions by Alice, Bob and Carol."""
    folder = chains.begin(tmp_path / "ceremony")
    for number, name in enumerate(("Alice", "Bob", "Carol"), start=1):
        chains.add(folder, name, number)
    return folder


def problems(folder) -> list[str]:
    return [str(problem) for problem in transcript.survey(folder).problems]


def test_a_chain_is_read_in_order_and_every_contribution_can_be_loaded(folder):
    found = transcript.read(folder)
    assert [link.head.name for link in found.chain] == ["Alice", "Bob", "Carol"]
    assert found.chain[0].path.name == "0001-alice.contribution"
    assert found.digest == found.chain[-1].digest and found.contributions == 3 and not found.has_beacon
    assert transcript.load(found.chain[1]).shares == chains.SHARES


def test_a_start_without_contributions_is_a_valid_transcript(tmp_path):
    found = transcript.read(chains.begin(tmp_path / "ceremony"))
    assert found.chain == () and found.digest == found.start_digest and found.contributions == 0


def test_signers_are_counted_once_and_beacons_not_at_all(tmp_path):
    folder = chains.begin(tmp_path / "ceremony")
    assert transcript.read(folder).signers == frozenset()
    chains.add(folder, "Alice", 1)
    chains.add(folder, "Alice under another name", 1)
    first = chains.signer(1).public_key().public_bytes_raw().hex()
    assert transcript.read(folder).signers == {first} and transcript.read(folder).contributions == 2
    chains.add(folder, "beacon", 9, beacon=chains.BEACON)
    assert transcript.read(folder).signers == {first} and not transcript.read(folder).is_by_many


def test_a_ceremony_is_by_many_if_two_keys_signed_and_the_powers_have_two_contributors(folder):
    found = transcript.read(folder)
    assert found.is_by_many and len(found.signers) == 3
    one = replace(found.start.powers, contributors=(Contributor("Dora", False), Contributor("a block", True)))
    assert not replace(found, start=replace(found.start, powers=one)).is_by_many
    assert not replace(found, chain=found.chain[:1]).is_by_many


def test_a_start_may_list_as_many_contributors_as_powers_and_keys_can_have():
    assert start.MAX_CONTRIBUTORS == ptaucontributions.MAX_CONTRIBUTIONS
    assert contribution.MAX_NUMBER == zkeycontributions.MAX_CONTRIBUTIONS
    everybody = (Contributor('"' * 255, False),) * start.MAX_CONTRIBUTORS
    crowded = replace(chains.START, powers=replace(chains.START.powers, contributors=everybody))
    assert start.decode(start.encode(crowded), "the start") == crowded


def test_a_contribution_beyond_the_limit_is_refused(folder, monkeypatch):
    found = transcript.read(folder)
    contributing.check_open(found)
    monkeypatch.setattr(contribution, "MAX_NUMBER", 3)
    with pytest.raises(FormatError, match="the ceremony has 3 contributions already, the limit"):
        contributing.check_open(found)


def test_every_file_changes_the_digest_of_the_transcript(tmp_path):
    folder = chains.begin(tmp_path / "ceremony")
    digests = [transcript.read(folder).digest]
    for name in ("Alice", "Bob"):
        chains.add(folder, name)
        digests.append(transcript.read(folder).digest)
    assert len(set(digests)) == 3


def test_a_fork_is_reported_with_both_files(folder):
    (folder / "0003-carol.contribution").rename(folder / "aside")
    chains.add(folder, "Dora", 4)
    (folder / "aside").rename(folder / "0003-carol.contribution")
    both = "0003-carol.contribution and 0003-dora.contribution both follow 0002-bob.contribution"
    assert problems(folder) == [f"{both}: keep one of them"]
    assert [link.head.name for link in transcript.survey(folder).chain] == ["Alice", "Bob"]


def test_a_missing_file_is_reported(folder):
    (folder / "0002-bob.contribution").unlink()
    assert problems(folder) == ["0003-carol.contribution follows a file that is missing or was changed"]


@pytest.mark.parametrize("name", ["0001-alice.contribution", "0002-bob.contribution", "0003-carol.contribution"])
def test_every_changed_byte_is_reported(folder, name):
    before = (folder / name).read_bytes()
    for place in range(0, len(before), 7):
        (folder / name).write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
        assert problems(folder), place
    (folder / name).write_bytes(before)
    assert not problems(folder)


def test_a_changed_start_leaves_the_first_contribution_without_a_predecessor(folder):
    later = replace(chains.START, made_ms=chains.START.made_ms + 1)
    (folder / start.FILE).write_bytes(start.encode(later))
    assert problems(folder)[0] == "0001-alice.contribution follows a file that is missing or was changed"


def test_two_exchanged_files_are_reported(folder):
    first, second = folder / "0001-alice.contribution", folder / "0002-bob.contribution"
    bytes_of_first = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(bytes_of_first)
    assert problems(folder) == [
        "0001-alice.contribution contains contribution 2",
        "0002-bob.contribution contains contribution 1",
    ]


def test_a_contribution_to_another_ceremony_is_reported(folder, tmp_path):
    other = chains.begin(tmp_path / "other")
    (other / start.FILE).write_bytes(start.encode(replace(chains.START, made_ms=7)))
    (folder / "0002-bob.contribution").write_bytes(chains.add(other, "Bob").read_bytes())
    assert "0002-bob.contribution contains contribution 1" in problems(folder)
    assert "0002-bob.contribution follows a file that is missing or was changed" in problems(folder)


def test_a_wrong_number_is_reported(tmp_path):
    folder = chains.begin(tmp_path / "ceremony")
    chains.add(folder, number=2)
    assert problems(folder) == ["0002-alice.contribution follows 0000-start.json, but its number is 2"]


def resigned(folder, name: str, **changes) -> None:
    """Changes fields of a contribution's file but keeps its signature."""
    path = folder / name
    found = contribution.decode(path.read_bytes(), name)
    path.write_bytes(contribution.encode(replace(found, **changes)))


def test_a_signature_by_another_key_is_reported(folder):
    found = contribution.decode((folder / "0003-carol.contribution").read_bytes(), "it")
    other = contribution.sign(found.head, found.shares, chains.signer(9).sign)
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
def test_the_signature_covers_the_head_and_every_share(folder, changed):
    found = contribution.decode((folder / "0003-carol.contribution").read_bytes(), "it")
    resigned(folder, "0003-carol.contribution", **changed(found))
    assert "is not signed by the key it names" in problems(folder)[0]


def test_a_beacon_comes_last_and_never_first(tmp_path):
    folder = chains.begin(tmp_path / "ceremony")
    chains.add(folder, "beacon", beacon=chains.BEACON)
    assert problems(folder) == ["0001-beacon.contribution is a beacon without a contribution before it"]
    (folder / "0001-beacon.contribution").unlink()
    chains.add(folder, "Alice")
    chains.add(folder, "beacon", beacon=chains.BEACON)
    found = transcript.read(folder)
    assert found.has_beacon and found.contributions == 1
    chains.add(folder, "Bob")
    assert problems(folder) == ["0003-bob.contribution follows a beacon, which ends the ceremony"]


def test_a_contribution_with_other_statements_is_reported(tmp_path):
    folder = chains.begin(tmp_path / "ceremony")
    chains.add(folder, shares=chains.SHARES[:1])
    assert problems(folder) == ["0001-alice.contribution has 1 statements, but the start lists 2"]


def test_missing_powers_are_reported(folder):
    (folder / "powers.ptau").unlink()
    assert problems(folder) == ["powers.ptau is missing"]


def test_read_raises_the_first_problem(folder):
    (folder / "0002-bob.contribution").unlink()
    with pytest.raises(InvalidProof, match="a file that is missing"):
        transcript.read(folder)
    (folder / "0001-alice.contribution").write_bytes(b"zkct")
    with pytest.raises(FormatError, match="0001-alice.contribution is not a .zkct file"):
        transcript.read(folder)


def test_a_file_that_changes_before_it_is_loaded_is_refused(folder):
    found = transcript.read(folder)
    (folder / "0001-alice.contribution").write_bytes((folder / "0002-bob.contribution").read_bytes())
    with pytest.raises(FormatError, match="0001-alice.contribution changed while it was read"):
        transcript.load(found.chain[0])


def test_pipes_and_large_files_are_refused_without_reading_them(folder):
    (folder / "0002-bob.contribution").unlink()
    os.mkfifo(folder / "0002-bob.contribution")
    with open(folder / "0001-alice.contribution", "r+b") as file:
        file.truncate(contribution.MAX_FILE_BYTES + 1)
    assert "has 67108865 bytes; the limit is 67108864" in problems(folder)[0]
    assert problems(folder)[1].endswith("0002-bob.contribution is not a file")


def test_a_file_name_with_control_characters_is_escaped(folder):
    (folder / "0002-bob.contribution").rename(folder / "0002-\x1b[2J.contribution")
    assert problems(folder)[0] == r"the file '0002-\x1b[2J.contribution' has a name that cannot be printed"


def test_a_folder_without_a_start_is_refused(tmp_path):
    with pytest.raises(FormatError, match="is not the folder of a ceremony: it has no 0000-start.json"):
        transcript.read(tmp_path)


def test_a_ceremony_for_another_version_of_a_statement_is_refused(folder, monkeypatch):
    monkeypatch.setattr(registry, "pinned", lambda name: "12" * 32)
    with pytest.raises(FormatError, match="lists another version of leg: .* but this program's is 1212121212121212"):
        transcript.read(folder)
    monkeypatch.setattr(registry, "names", lambda: ("margin",))
    with pytest.raises(FormatError, match="lists the statement 'leg', which this program does not have"):
        transcript.read(folder)


def test_a_file_name_has_only_characters_that_every_system_allows():
    head = contribution.Head(12, "00" * 32, "Éva ../& Bob", 0, "00" * 32, None)
    assert contribution.file_name(head) == "0012-va-bob.contribution"
    assert contribution.file_name(replace(head, name="日本")) == "0012-someone.contribution"


HEAD = {"number": 1, "previous": "ab" * 32, "name": "Alice", "made_ms": 5, "public_key": "cd" * 32, "beacon": None}
WRONG_HEADS = [
    ({"number": 0}, "number is not an integer from 1"),
    ({"number": True}, "number is not an integer from 1"),
    ({"number": 4097}, "number is not an integer from 1 to 4096"),
    ({"made_ms": -1}, "made_ms is not an integer"),
    ({"made_ms": 2**63}, "made_ms is not an integer"),
    ({"name": ""}, "bytes of printable characters"),
    ({"name": "a\x1b[2J"}, "bytes of printable characters"),
    ({"name": "é" * 33}, "is not 1 to 64 bytes"),
    ({"name": 5}, "bytes of printable characters"),
    ({"previous": "AB" * 32}, "previous is not 64 hex digits"),
    ({"public_key": "cd" * 31}, "public_key is not 64 hex digits"),
    ({"beacon": {"value": "", "iterations_exp": 10}}, "beacon.value is not 1 to 255 bytes in hex digits"),
    ({"beacon": {"value": "0" * 3, "iterations_exp": 10}}, "beacon.value is not 1 to 255 bytes in hex digits"),
    ({"beacon": {"value": "00" * 256, "iterations_exp": 10}}, "beacon.value is not 1 to 255 bytes in hex digits"),
    ({"beacon": {"value": "00", "iterations_exp": 9}}, "beacon.iterations_exp is not an integer from 10 to 26"),
    ({"beacon": {"value": "00", "iterations_exp": 27}}, "beacon.iterations_exp is not an integer from 10 to 26"),
    ({"beacon": {"value": "00"}}, "beacon.iterations_exp is missing"),
    ({"more": 1}, "the head has an unknown field 'more'"),
]


@pytest.mark.parametrize("changes, why", WRONG_HEADS)
def test_a_malformed_head_is_refused_with_the_field(changes, why):
    with pytest.raises(FormatError, match=why):
        contribution._decode_head(contribution.canonical(HEAD | changes), "it")


@pytest.mark.parametrize("order", [[2, 1, *range(3, 11)], range(1, 10), range(1, 3), range(2, 11), [1, *range(3, 11)]])
def test_missing_or_reordered_sections_are_refused(tmp_path, order):
    path = chains.add(chains.begin(tmp_path / "ceremony"))
    found = sections.split(path.read_bytes(), b"zkct", 1, contribution._NAMES, "it")
    assert list(found) == list(range(1, 11))
    file = io.BytesIO()
    sections.write(file, b"zkct", 1, [(number, len(found[number].data), [found[number].data]) for number in order])
    with pytest.raises(FormatError, match="does not have the sections of a contribution, in their order"):
        contribution.decode(file.getvalue(), "it")


def test_a_damaged_container_is_refused(tmp_path):
    data = chains.add(chains.begin(tmp_path / "ceremony")).read_bytes()
    kind = SimpleNamespace(magic=b"zkct", version=1, good=lambda: data)
    cases = dict(damage.container(kind))
    assert len(cases) > 200
    for case, damaged in cases.items():
        with pytest.raises((FormatError, InvalidProof)):
            contribution.check_signature(contribution.decode(damaged, "it"), case)


def test_a_head_that_is_not_canonical_is_refused():
    assert contribution._decode_head(contribution.canonical(HEAD), "it").name == "Alice"
    with pytest.raises(FormatError, match="canonical form"):
        contribution._decode_head(json.dumps(HEAD).encode(), "it")


def with_powers(document: dict, **changes) -> dict:
    return document | {"powers": document["powers"] | changes}


@pytest.mark.parametrize("change, why", [
    (lambda document: document | {"format": "other"}, "format is not 'zksettle-ceremony'"),
    (lambda document: document | {"version": 2}, "version is not 1"),
    (lambda document: document | {"made_ms": "now"}, "made_ms is not an integer"),
    (lambda document: with_powers(document, power=29), "powers.power is not an integer from 1 to 28"),
    (lambda document: with_powers(document, sha256="ab"), "powers.sha256 is not 64 hex digits"),
    (lambda document: with_powers(document, more=1), "powers has an unknown field 'more'"),
    (lambda document: with_powers(document, contributors=[]), "powers.contributors has 0 elements, and 1 to"),
    (lambda document: with_powers(document, contributors=[{"name": None, "is_beacon": True}] * 4097), "1 to 4096 are"),
    (lambda document: with_powers(document, contributors=[{"name": "a"}]), r"contributors\[0\].is_beacon is missing"),
    (lambda document: with_powers(document, contributors=[{"name": "a\n", "is_beacon": False}]), "a printable name"),
    (lambda document: with_powers(document, contributors=[{"name": "a", "is_beacon": 1}]), "is not true or false"),
    (lambda document: document | {"circuits": []}, "circuits has 0 elements, and 1 to 16 are"),
    (lambda document: document | {"circuits": document["circuits"] * 9}, "has 18 elements, and 1 to 16"),
    (lambda document: document | {"circuits": document["circuits"] * 2}, "a statement is listed twice"),
    (lambda document: document | {"circuits": [document["circuits"][0] | {"hash": "cd" * 32}]}, "128 hex digits"),
    (lambda document: document | {"circuits": [document["circuits"][0] | {"hash": "CD" * 64}]}, "128 hex digits"),
    (lambda document: document | {"circuits": [document["circuits"][0] | {"fingerprint": 5}]}, "fingerprint is not 64"),
    (lambda document: document | {"more": 1}, "unknown field 'more'"),
])  # fmt: skip
def test_a_malformed_start_is_refused_with_the_field(change, why):
    document = json.loads(start.encode(chains.START))
    assert start.decode(start.encode(chains.START), "the start") == chains.START
    with pytest.raises(FormatError, match=why):
        start.decode(contribution.canonical(change(document)) + b"\n", "the start")


def test_a_start_that_is_not_canonical_is_refused():
    with pytest.raises(FormatError, match="canonical form"):
        start.decode(json.dumps(json.loads(start.encode(chains.START))).encode(), "the start")
