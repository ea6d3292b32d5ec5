"""What was sent: its states, the sending again until it expires, and the journal that survives the process."""

import pytest

from prover.carriers import dispatch, journals
from prover.carriers.carrier import Refused, Unavailable, one_by_one
from prover.carriers.dispatch import Dispatcher
from prover.trader import beside, keys
from zk.errors import FormatError

VIEW = keys.ViewingKey(bytes(range(32)), ())
NOW, HOUR = 1_000_000, 3_600_000


class Fake:
    """A carrier that answers with what `answers` has next; the last one for ever."""

    def __init__(self, name, *answers):
        self.name, self.answers, self.got = name, list(answers), []

    def publish(self, data):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        self.got.append(data)
        return answer

    send = withdraw = publish

    def carry(self, kind, many):
        return one_by_one(self, kind, many)


AWAY = Unavailable("nobody is there")


@pytest.fixture
def clock():
    now = [NOW]
    return now


def test_what_everybody_takes_is_carried_and_not_sent_again(clock):
    one, three = Fake("one", 1), Fake("relays", 3)
    dispatcher = Dispatcher([one, three], lambda: clock[0])
    sent = dispatcher.send("letter", b"x", "a request", NOW + HOUR)
    assert sent.state(NOW) == "carried" and sent.places == 4 and sent.data == ""
    clock[0] += HOUR - 1
    assert dispatcher.retry() == [] and one.got == three.got == [b"x"]


def test_what_nobody_takes_is_sent_again_with_longer_and_longer_pauses_until_somebody_does(clock):
    fake = Fake("one", *[AWAY] * 4, 1)
    dispatcher = Dispatcher([fake], lambda: clock[0])
    assert dispatcher.send("order", b"x", "an order", NOW + HOUR).state(NOW) == "sent"
    pauses = []
    while dispatcher.messages()[0].state(clock[0]) == "sent":
        message = dispatcher.messages()[0]
        pauses.append(message.next_ms - clock[0])
        clock[0] = message.next_ms - 1
        assert dispatcher.retry() == []
        clock[0] += 1
        assert len(dispatcher.retry()) == 1
    assert pauses == [2_000, 4_000, 8_000, 16_000] and fake.got == [b"x"]
    assert dispatcher.messages()[0].why == "nobody is there" and dispatcher.messages()[0].tries == 5


def test_a_carrier_that_was_away_gets_it_later_and_the_others_do_not_get_it_twice(clock):
    here, away = Fake("here", 1), Fake("away", AWAY, 1)
    dispatcher = Dispatcher([here, away], lambda: clock[0])
    assert dispatcher.send("letter", b"x", "", NOW + HOUR).places == 1
    assert dispatcher.retry() == []
    assert [each.places for each in dispatcher.retry(is_asked=True)] == [2]
    assert here.got == away.got == [b"x"]


def test_nothing_is_sent_after_it_expired_or_was_answered(clock):
    fake = Fake("one", AWAY)
    dispatcher = Dispatcher([fake], lambda: clock[0])
    first = dispatcher.send("letter", b"x", "", NOW + 10)
    second = dispatcher.send("letter", b"y", "", NOW + HOUR)
    dispatcher.answered(second.message_id)
    clock[0] += 10
    assert [each.state(clock[0]) for each in dispatcher.messages()] == ["expired", "answered"]
    assert dispatcher.retry(is_asked=True) == []
    assert first.state(clock[0] - 1) == "sent"


def test_what_is_refused_for_good_is_not_sent_again(clock):
    no, away = Fake("no", Refused("it would not settle")), Fake("away", AWAY, Refused("it would not settle"))
    dispatcher = Dispatcher([no, away], lambda: clock[0])
    assert dispatcher.send("order", b"x", "", NOW + HOUR).state(NOW) == "sent"
    (again,) = dispatcher.retry(is_asked=True)
    assert again.state(NOW) == "refused" and again.refused == ("no", "away") and "not settle" in again.why
    assert dispatcher.retry(is_asked=True) == []


@pytest.mark.parametrize("is_post, suffix", [(False, journals.SENT_SUFFIX), (True, journals.LETTERS_SUFFIX)])
def test_a_journal_beside_the_wallet_survives_the_process(tmp_path, clock, is_post, suffix):
    wallet = tmp_path / "alice.json", VIEW
    away = Dispatcher([Fake("one", AWAY)], lambda: clock[0], wallet, is_post=is_post)
    away.send("letter", b"secret words", "a request", NOW + HOUR)
    data = beside.path_of(wallet[0], suffix).read_bytes()
    assert b"request" not in data and b"secret" not in data
    fake = Fake("one", 1)
    later = Dispatcher([fake], lambda: clock[0], wallet, is_post=is_post)
    (message,) = later.messages()
    assert (message.about, message.state(NOW)) == ("a request", "sent") and repr(message) == "Message"
    later.retry(is_asked=True)
    assert fake.got == [b"secret words"]


def test_it_is_in_the_journal_before_it_is_sent(tmp_path, clock):
    wallet = tmp_path / "alice.json", VIEW

    class Dying(Fake):
        def publish(self, data):
            raise KeyboardInterrupt

        send = publish

    with pytest.raises(KeyboardInterrupt):
        Dispatcher([Dying("one", 1)], lambda: clock[0], wallet).send("letter", b"x", "", NOW + HOUR)
    assert [each.state(NOW) for each in Dispatcher([], lambda: clock[0], wallet).messages()] == ["sent"]


@pytest.mark.parametrize("is_post", [False, True])
def test_another_wallets_journal_is_refused(tmp_path, clock, is_post):
    mine = Dispatcher([], lambda: clock[0], (tmp_path / "a.json", VIEW), is_post=is_post)
    mine.send("letter", b"x", "", NOW + HOUR)
    other = keys.ViewingKey(bytes(range(1, 33)), ())
    with pytest.raises(FormatError, match="damaged, or of another wallet"):
        Dispatcher([], lambda: clock[0], (tmp_path / "a.json", other), is_post=is_post)


def test_a_journal_of_letters_that_was_cut_off_is_read_as_far_as_it_goes_and_stays_short(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(journals, "MAX_MESSAGES", 4)
    wallet, fake = (tmp_path / "alice.json", VIEW), Fake("one", 1)
    path = beside.path_of(wallet[0], journals.LETTERS_SUFFIX)
    post = Dispatcher([fake], lambda: clock[0], wallet, is_post=True)
    sizes = []
    for number in range(6):
        post.send("letter", bytes([number]), str(number), NOW + HOUR)
        sizes.append(path.stat().st_size)
    assert sizes[-1] < 2 * sizes[2], "the file is replaced now and then"
    path.write_bytes(path.read_bytes()[:-3])
    assert [each.about for each in Dispatcher([], lambda: clock[0], wallet, is_post=True).messages()][0] == "2"
    post = Dispatcher([fake], lambda: clock[0], wallet, is_post=True)
    post.send("letter", b"last", "last", NOW + HOUR)
    assert Dispatcher([], lambda: clock[0], wallet, is_post=True).messages()[-1].about == "last"


def test_only_the_newest_are_kept_and_of_these_so_many_bytes(clock, monkeypatch):
    monkeypatch.setattr(dispatch, "MAX_MESSAGES", 5)
    monkeypatch.setattr(dispatch, "MAX_KEPT_BYTES", 16)
    dispatcher = Dispatcher([Fake("one", AWAY)], lambda: clock[0])
    for number in range(8):
        clock[0] += 1
        dispatcher.send("letter", bytes([number]) * 6, str(number), NOW + HOUR)
    kept = dispatcher.messages()
    assert [each.about for each in kept] == ["3", "4", "5", "6", "7"]
    assert [bool(each.data) for each in kept] == [False, False, False, True, True]


def test_an_order_is_renewed_before_it_is_sent_again(clock):
    fake = Fake("one", AWAY)
    dispatcher = Dispatcher([fake], lambda: clock[0], renew=lambda data, now_ms: data + str(now_ms - NOW).encode())
    dispatcher.send("order", b"signed at ", "", NOW + HOUR)
    dispatcher.send("letter", b"letter", "", NOW + HOUR)
    fake.answers = [1] * 9
    clock[0] += 60_000
    dispatcher.retry()
    assert sorted(fake.got) == [b"letter", b"signed at 60000"]
