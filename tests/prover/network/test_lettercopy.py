"""Letters at a validator's service: it passes on what is sent, and shows and tells of what the operator's has."""

import threading

import httpx
import pytest

from prover.network.wire import letterpage
from prover.network.wire.letterpage import LETTER_SIZES
from settlement import databases
from tests.prover.network import serving
from tests.prover.network.test_streaming import told


@pytest.fixture
def path(tmp_path):
    (tmp_path / "operator").mkdir()
    return serving.ledger_at(tmp_path / "operator")


@pytest.fixture
def operator(path):
    with serving.served(path) as url:
        yield url


@pytest.fixture
def copy(path, tmp_path):
    (tmp_path / "validator").mkdir()
    databases.copy(path, tmp_path / "validator" / "ledger.sqlite")
    return tmp_path / "validator" / "ledger.sqlite"


def letter(number):
    return bytes([number]).ljust(LETTER_SIZES[0], b"\0")


def letters_at(url):
    return letterpage.decode_page(httpx.get(f"{url}/letters").content)


def send_letter(url, number):
    return httpx.post(f"{url}/letters", content=letter(number), headers={"Content-Type": "application/octet-stream"})


def test_letters_go_through_a_validator_and_its_mailbox_is_the_operators(operator, copy):
    with serving.served(copy, sign=None, elsewhere=lambda: operator, folder=copy.parent) as url:
        assert send_letter(url, 1).json() == send_letter(operator, 1).json()
        send_letter(operator, 2)
        assert letters_at(url) == letters_at(operator)
        assert [data for _, data in letters_at(url)] == [letter(1), letter(2)]
        heard = told(url, lambda heard: heard[-1][1] == "letter", began=After(lambda: send_letter(operator, 3)))
        assert heard[-1] == (None, "letter", {"number": letters_at(operator)[-1][0]})
    with serving.served(copy, sign=None, elsewhere=lambda: None, folder=copy.parent) as url:
        assert [data for _, data in letters_at(url)] == [letter(1), letter(2), letter(3)]


def test_two_copies_that_name_each_other_make_no_circle_of_a_letter(copy):
    urls = []
    with (
        serving.served(copy, sign=None, elsewhere=lambda: urls[1]) as one,
        serving.served(copy, sign=None, elsewhere=lambda: urls[0]) as other,
    ):
        urls += [one, other]
        assert send_letter(one, 1).status_code == 200
        assert [data for _, data in letters_at(other)] == [letter(1)]
        assert [data for _, data in letters_at(one)] == [letter(1)]


def test_a_letter_that_the_operator_cannot_take_is_not_taken(copy):
    with serving.served(copy, sign=None, elsewhere=lambda: "http://127.0.0.1:9") as url:
        assert send_letter(url, 1).status_code == 503
        assert letters_at(url) == []


class After:
    """Does something once a stream has begun."""

    def __init__(self, act):
        self._act = act

    def set(self):
        threading.Thread(target=self._act).start()
