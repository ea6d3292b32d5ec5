"""The archive tells each spent account once, shows nothing without the key, and outlives a crash in an append."""

import json
import os
import stat
from dataclasses import replace

import pytest

from prover.trader import archive, sealedlines, walletjson
from zk.errors import FormatError
from zk.formats import dataclassjson

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path):
    return archive.beside(tmp_path / "alice.json")


def test_the_archive_tells_in_their_order_what_was_appended(path, held, monkeypatch):
    monkeypatch.setattr(archive, "ACCOUNTS_A_LINE", 2)
    accounts = [replace(held.live[0], position=position) for position in range(5)]
    archive.append(path, KEY, accounts[:4])
    archive.append(path, KEY, [])
    archive.append(path, KEY, accounts[4:])
    assert path.name == "alice.archive"
    assert len(path.read_bytes().splitlines()) == 3
    assert list(archive.read(path, KEY)) == accounts


def test_an_account_that_was_archived_twice_is_told_once(path, held):
    archive.append(path, KEY, held.live)
    archive.append(path, KEY, held.live)
    assert list(archive.read(path, KEY)) == list(held.live)


def test_there_need_not_be_an_archive(path):
    assert list(archive.read(path, KEY)) == []


def test_the_archive_is_its_users_only_and_needs_the_key(path, held):
    archive.append(path, KEY, held.live)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert b"owner" not in path.read_bytes()
    assert list(archive.read(path, bytes(32))) == []


@pytest.mark.parametrize("left", [1, 10, 100, -1])
def test_a_line_that_a_crash_cut_off_spoils_only_itself(path, held, left):
    archive.append(path, KEY, held.live[:1])
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:left])
    archive.append(path, KEY, held.live[1:])
    assert list(archive.read(path, KEY)) == list(held.live)


def test_a_line_of_an_earlier_version_is_read(path, held):
    values = [dataclassjson.write(walletjson.holding_json(account)) for account in held.live]
    sealedlines.append(path, KEY, [json.dumps(values).encode()])
    found = list(archive.read(path, KEY))
    assert found == list(held.live) and [each.nullifier for each in found] == [each.nullifier for each in held.live]


def test_nullifiers_are_kept(path, held):
    known = [replace(held.live[0], nullifier=77), replace(held.live[1], nullifier=None)]
    archive.append(path, KEY, known)
    assert [each.nullifier for each in archive.read(path, KEY)] == [77, None]


@pytest.mark.parametrize("content", [b"\0" + bytes(236), b"\0" + bytes(237), b"\0" + bytes(240)])
def test_a_line_that_has_no_accounts_is_refused(path, content):
    sealedlines.append(path, KEY, [content])
    with pytest.raises(FormatError, match="alice.archive has"):
        list(archive.read(path, KEY))
