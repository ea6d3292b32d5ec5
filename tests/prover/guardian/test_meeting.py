"""Dealing among separate guardians over loopback: all get shares of the same keys, or somebody is named."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from prover.guardian import dealing, guardianfile, meeting
from prover.guardian.channel import Unreachable
from tests import ports
from tests.patience import PATIENCE_S
from zk.errors import FormatError
from zk.threshold import keys


def free_address():
    return f"127.0.0.1:{ports.free()}"


def identities(folder, count):
    return [meeting.new(folder / str(i) / "identity.json", free_address()) for i in range(count)]


@pytest.fixture
def three(tmp_path):
    for i in range(3):
        (tmp_path / str(i)).mkdir()
    return identities(tmp_path, 3)


def test_three_guardians_deal_over_loopback(three, tmp_path):
    peers = [meeting.parse(one.name) for one in three]
    with ThreadPoolExecutor(3) as pool:
        dealt = list(pool.map(lambda own: meeting.deal(own, peers, 2, 7, PATIENCE_S), three))
    assert [one.index for one in dealt] == [1, 2, 3]
    assert len({dealing.record(one) for one in dealt}) == 1 and dealing.record(dealt[0]).number == 7
    for one in dealt:
        keys.check_share(one.decryption)
        keys.check_share(one.signing)
        assert guardianfile.read(guardianfile.write(tmp_path / "guardians", one)) == one


def test_one_who_does_not_come_is_named(three):
    peers = [meeting.parse(one.name) for one in three]
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(meeting.deal, own, peers, 2, 1, 1.0) for own in three[:2]]
        for one in waiting:
            with pytest.raises(Unreachable, match="guardian 3 does not answer"):
                one.result()


@pytest.mark.parametrize("names, threshold, why", [
    (lambda own: own[:2] * 2, 2, "named twice"),
    (lambda own: own[1:], 2, "not among those that are named"),
    (lambda own: own, 4, "not a quorum"),
])  # fmt: skip
def test_a_list_that_cannot_deal_is_refused(three, names, threshold, why):
    peers = [meeting.parse(one.name) for one in names(three)]
    with pytest.raises(FormatError, match=why):
        meeting.deal(three[0], peers, threshold, 1, 1.0)


@pytest.mark.parametrize("name, why", [
    ("nobody", "is not IDENTITY@HOST:PORT"), ("ab@h:1", "2 hexadecimal digits"), (f"{'00' * 32}@h", "HOST:PORT"),
])  # fmt: skip
def test_a_malformed_name_is_refused(name, why):
    with pytest.raises(FormatError, match=why):
        meeting.parse(name)


def test_an_identity_is_never_replaced(three, tmp_path):
    path = tmp_path / "0" / "identity.json"
    assert meeting.read(path) == three[0] and repr(three[0]) == "Identity"
    with pytest.raises(FileExistsError):
        meeting.new(path, free_address())
    with pytest.raises(FormatError, match="guardian new"):
        meeting.read(tmp_path / "none.json")
    with pytest.raises(FormatError, match="HOST:PORT"):
        meeting.new(tmp_path / "other.json", "nowhere")
