"""What was asked and answered is there again when the wallet is opened again, and does not grow without end."""

from dataclasses import replace

import pytest

from prover.rfq import memory, messages
from prover.rfq.memory import Answered, Memory
from prover.trader import beside
from tests.prover.rfq.desks import ETH, USDC, both, line
from zk.errors import FormatError


def test_a_desk_that_was_closed_between_asking_and_taking_takes_all_the_same(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    inquiry = asker.ask([line(ETH=5)], maker)
    reply = maker.answer(both(1, 2))
    again = Memory(asker.session)
    assert again.inquiries == [inquiry] and Memory(maker.session).answered == maker.memory.answered
    assert maker.memory.answered[0].quoted == reply.quoted
    asker.memory = again
    asker.take(again.inquiry(inquiry.inquiry_id.hex()[:8]), "buy")
    assert asker.balance(ETH) == 5 and Memory(asker.session).inquiries[0].taken == "buy"


def test_an_inquiry_is_named_by_its_first_digits_if_they_are_of_one(world):
    maker, asker = world.desk(USDC), world.desk(USDC)
    inquiry = asker.ask([line(ETH=5)], maker)
    name = inquiry.inquiry_id.hex()
    assert asker.memory.inquiry(name[:4]) == asker.memory.inquiry(name) == inquiry
    asker.memory.keep(replace(inquiry, inquiry_id=inquiry.inquiry_id[:4] + bytes(12)))
    for text, why in ((name[:4], "2 requests"), ("", "2 requests"), ("xyz", "no request")):
        with pytest.raises(FormatError, match=why):
            asker.memory.inquiry(text)


def test_the_file_keeps_the_newest_and_stays_small(world, monkeypatch):
    desk = world.desk(USDC)
    monkeypatch.setattr(memory, "MAX_KEPT", 4)
    sizes = set()
    for number in range(20):
        desk.memory.keep(Answered(bytes([number]) * messages.ID_BYTES, (line(ETH=5),), 7, ()))
        sizes.add(beside.path_of(desk.session.file.path, "rfq").stat().st_size)
    assert [each.request_id[0] for each in Memory(desk.session).answered] == [16, 17, 18, 19]
    assert max(sizes) <= 9 * min(sizes)
    assert desk.memory.has_answered(bytes([19]) * 16) and not desk.memory.has_answered(bytes([2]) * 16)


def test_another_version_of_the_file_is_refused(world):
    desk = world.desk(USDC)
    beside.append(desk.session.file.path, desk.session.wallet.view, "rfq", b'{"version": 2}')
    with pytest.raises(FormatError, match="version 2; this program knows 1"):
        Memory(desk.session)


def test_another_wallet_does_not_read_it_and_nothing_in_it_is_plain(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    inquiry = asker.ask([line(ETH=5)], maker)
    data = beside.path_of(asker.session.file.path, "rfq").read_bytes()
    assert inquiry.inquiry_id not in data and inquiry.inquiry_id.hex().encode() not in data and b"ETH" not in data
    beside.path_of(maker.session.file.path, "rfq").write_bytes(data)
    with pytest.raises(FormatError, match="of another wallet"):
        Memory(maker.session)
