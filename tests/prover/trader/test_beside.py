"""The small files beside a wallet: each opens under its own key and suffix only, and is never cut short unnoticed."""

import pytest

from prover.trader import beside, wallets
from zk.errors import FormatError

PHRASE = "abandon " * 23 + "art"


def test_what_was_written_is_read_and_nobody_else_reads_it(tmp_path):
    wallet, own, other = tmp_path / "alice.json", wallets.restore(PHRASE).view, wallets.new().view
    assert beside.read(wallet, own, "rfq", 100) is None
    beside.write(wallet, own, "rfq", b"what was asked")
    assert beside.read(wallet, own, "rfq", 100) == b"what was asked"
    assert b"asked" not in beside.path_of(wallet, "rfq").read_bytes()
    with pytest.raises(FormatError, match="of another wallet"):
        beside.read(wallet, other, "rfq", 100)


def test_a_file_that_was_renamed_cut_or_altered_does_not_open(tmp_path):
    wallet, own = tmp_path / "alice.json", wallets.restore(PHRASE).view
    beside.write(wallet, own, "rfq", b"what was asked")
    path = beside.path_of(wallet, "rfq")
    beside.path_of(wallet, "blotter").write_bytes(path.read_bytes())
    with pytest.raises(FormatError, match="damaged"):
        beside.read(wallet, own, "blotter", 100)
    for altered in (path.read_bytes()[:-1], path.read_bytes()[:5], b"", bytes(40)):
        path.write_bytes(altered)
        with pytest.raises(FormatError, match="damaged"):
            beside.read(wallet, own, "rfq", 100)


def test_a_file_above_its_limit_is_not_read(tmp_path):
    wallet, own = tmp_path / "alice.json", wallets.restore(PHRASE).view
    beside.write(wallet, own, "rfq", bytes(100))
    assert beside.read(wallet, own, "rfq", 100) == bytes(100)
    with pytest.raises(FormatError):
        beside.read(wallet, own, "rfq", 99)


def test_records_are_read_in_their_order_and_one_that_was_cut_off_was_never_written(tmp_path):
    wallet, own = tmp_path / "alice.json", wallets.restore(PHRASE).view
    assert beside.records(wallet, own, "rfq", 1_000) == []
    for record in (b"first", b"", b"third"):
        beside.append(wallet, own, "rfq", record)
    assert beside.records(wallet, own, "rfq", 1_000) == [b"first", b"", b"third"]
    path = beside.path_of(wallet, "rfq")
    whole = path.read_bytes()
    for cut in range(1, 37):
        path.write_bytes(whole[:-cut])
        assert beside.records(wallet, own, "rfq", 1_000) == [b"first", b""]
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(FormatError, match="damaged"):
        beside.records(wallet, own, "rfq", 1_000)
    beside.replace_records(wallet, own, "rfq", [b"one"])
    assert beside.records(wallet, own, "rfq", 1_000) == [b"one"]
