"""The mailbox of a service: letters are kept once, in order, for an hour; the oldest give way; all processes agree."""

import sqlite3
import threading

import httpx
import pytest

from prover.network.service import mailbox, standing
from prover.network.service.mailbox import Mailbox
from prover.network.wire import letterpage
from prover.network.wire.letterpage import LETTER_SIZES
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.prover.network.test_streaming import told
from tests.settlement.bundles import samples
from zk.errors import FormatError

NOW_US = samples.NOW_MS * 1000


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def letter(number, size=LETTER_SIZES[0]):
    return number.to_bytes(4, "big").ljust(size, b"\0")


def asked(path, *requests, **options):
    """The answers to GET of a route, or POST of a letter."""

    async def questions(client):
        return [
            await (client.get(each) if isinstance(each, str) else post(client, "/letters", each)) for each in requests
        ]

    return serving.asked(path, questions, **options)


def test_letters_are_kept_once_and_read_in_order(path):
    first, again, second, everything, later = asked(
        path, letter(1), letter(1), letter(2, 64 << 10), "/letters", f"/letters?since={NOW_US}"
    )
    assert first.json() == again.json() == {"number": NOW_US} and second.json() == {"number": NOW_US + 1}
    assert letterpage.decode_page(everything.content) == [(NOW_US, letter(1)), (NOW_US + 1, letter(2, 64 << 10))]
    assert letterpage.decode_page(later.content) == [(NOW_US + 1, letter(2, 64 << 10))]


@pytest.mark.parametrize("size", [0, 1, 1023, 1025, 65535])
def test_another_size_is_refused(path, size):
    (refused,) = asked(path, bytes(size))
    assert (refused.status_code, refused.json()["name"]) == (400, "MALFORMED_REQUEST")


def test_a_letter_that_is_too_large_is_refused(path):
    (refused,) = asked(path, bytes((64 << 10) + 1))
    assert refused.status_code == 413


@pytest.mark.parametrize("since", ["-1", "x", "", "9" * 19, "1" * 20, "٣"])
def test_a_number_that_no_letter_has_is_refused(path, since):
    (refused,) = asked(path, f"/letters?since={since}")
    assert (refused.status_code, refused.json()["name"]) == (400, "MALFORMED_REQUEST")


def test_a_page_ends_and_the_next_begins_there(monkeypatch):
    monkeypatch.setattr(mailbox, "MAX_PAGE_BYTES", 3 << 10)
    box = Mailbox(None, lambda: samples.NOW_MS)
    numbers = [box.put(letter(i)) for i in range(5)]
    assert [number for number, _ in box.after(0)] == numbers[:3]
    assert [number for number, _ in box.after(numbers[2])] == numbers[3:]
    assert box.after(numbers[4]) == []


def test_numbers_grow_while_the_clock_goes_back_or_stands():
    now = iter([samples.NOW_MS, samples.NOW_MS - 5, samples.NOW_MS - 5, samples.NOW_MS + 1])
    box = Mailbox(None, lambda: next(now))
    assert [box.put(letter(i)) - NOW_US for i in range(4)] == [0, 1, 2, 1000]
    assert box.newest() == NOW_US + 1000


@pytest.mark.parametrize("limit, most, kept", [("MAX_LETTERS", 3, 3), ("MAX_BYTES", 2 << 10, 2)])
def test_the_oldest_give_way(monkeypatch, limit, most, kept):
    monkeypatch.setattr(mailbox, limit, most)
    box = Mailbox(None, lambda: samples.NOW_MS)
    for i in range(6):
        box.put(letter(i))
    assert [data for _, data in box.after(0)] == [letter(i) for i in range(6 - kept, 6)]


def test_letters_are_forgotten_after_an_hour():
    now = [samples.NOW_MS]
    box = Mailbox(None, lambda: now[0])
    box.put(letter(1))
    now[0] += mailbox.LIFE_MS
    box.put(letter(2))
    assert len(box.after(0)) == 2
    now[0] += 1
    box.put(letter(3))
    assert [data for _, data in box.after(0)] == [letter(2), letter(3)]


def test_processes_share_what_they_keep_in_one_folder(tmp_path):
    one, other = (Mailbox(tmp_path, lambda: samples.NOW_MS) for _ in range(2))
    senders = [
        threading.Thread(target=lambda box=box, k=k: [box.put(letter(k * 100 + i)) for i in range(20)])
        for k, box in enumerate((one, other))
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert one.after(0) == other.after(0) and len({number for number, _ in one.after(0)}) == 40
    assert one.newest() == other.newest() == NOW_US + 39


def test_letters_outlive_the_service_and_a_damaged_file_does_not(tmp_path):
    box = Mailbox(tmp_path, lambda: samples.NOW_MS)
    box.put(letter(1))
    box.close()
    box = Mailbox(tmp_path, lambda: samples.NOW_MS)
    assert box.put(letter(1)) == NOW_US and box.put(letter(2)) == NOW_US + 1
    assert [data for _, data in box.after(0)] == [letter(1), letter(2)]
    box.close()
    (tmp_path / mailbox.NAME).write_bytes(b"no database at all" * 1000)
    box = Mailbox(tmp_path, lambda: samples.NOW_MS)
    assert box.after(0) == [] and box.put(letter(3)) == NOW_US
    box.close()
    with sqlite3.connect(tmp_path / mailbox.NAME) as database:
        database.execute("PRAGMA user_version = 2")
    assert Mailbox(tmp_path, lambda: samples.NOW_MS).after(0) == []


def test_a_service_that_is_started_again_has_its_letters(path):
    asked(path, letter(1), folder=path.parent)
    (page,) = asked(path, "/letters", folder=path.parent)
    assert letterpage.decode_page(page.content) == [(NOW_US, letter(1))]


def test_a_copied_letter_keeps_its_number_and_comes_once(tmp_path):
    box = Mailbox(tmp_path, lambda: samples.NOW_MS)
    first, second, third = [(NOW_US - 9 + number, letter(number)) for number in range(3)]
    assert box.copy([first, second]) and not box.copy([first]) and box.copy([third])
    assert box.after(0) == [first, second, third] and box.newest() == NOW_US - 7
    assert box.put(letter(4)) == NOW_US


def test_streams_tell_of_letters(path):
    with serving.served(path) as url:

        def send():
            began.wait()
            httpx.post(f"{url}/letters", content=letter(1), headers={"Content-Type": "application/octet-stream"})

        began = threading.Event()
        sender = threading.Thread(target=send)
        sender.start()
        heard = told(url, lambda heard: heard[-1][1] == "letter", began=began)
        sender.join()
    assert heard[-1] == (None, "letter", {"number": NOW_US})


def test_a_letter_costs_its_sender_by_its_size(path, monkeypatch):
    costs = []
    monkeypatch.setattr(standing.Standing, "add", lambda self, peer, cost: costs.append(cost))
    asked(path, letter(1), letter(2, 4 << 10), letter(3, 16 << 10), letter(4, 64 << 10))
    assert [cost for cost in costs if cost] == [1, 1, 4, 16]


PAGE = letterpage.encode_page([(5, letter(1)), (7, letter(2))])


@pytest.mark.parametrize(
    "changed, why",
    [
        (b"zkL2" + PAGE[4:], "does not start"),
        (PAGE + b"\0", "bytes too many"),
        (PAGE[:-1], "ends inside"),
        (letterpage.encode_page([(7, letter(1)), (7, letter(2))]), "letter 1 has"),
        (letterpage.encode_page([(7, letter(1) + b"\0")]), "letter 0 has"),
        (letterpage.encode_page([(1 << 63, letter(1))]), "above"),
    ],
)
def test_a_page_that_is_none_is_refused(changed, why):
    assert letterpage.decode_page(PAGE) == [(5, letter(1)), (7, letter(2))]
    with pytest.raises(FormatError, match=why):
        letterpage.decode_page(changed)
