"""t of n together: who lies is named and left out, nothing is signed twice, and nobody opens what did not settle."""

from dataclasses import replace

import pytest

from prover.guardian import drafts, insurance, wire
from prover.guardian import group as group_module
from prover.guardian import member as member_module
from prover.guardian.channel import Unreachable
from prover.guardian.group import TooFew
from settlement.bundles import encoding
from tests.prover.guardian.scene import Scene, change
from zk import signature
from zk.curves.babyjubjub import ORDER
from zk.errors import FormatError, Unsatisfied


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = Scene(tmp_path_factory.mktemp("group") / "ledger.sqlite")
    made.publish()
    made.watch.step()
    made.short, _ = made.trade(margin=500)
    made.watch.step()
    yield made
    made.staff.close()
    made.ledger.close()


class Liar:
    """Answers as the guardian does, with one field of the answer changed."""

    def __init__(self, colleague, name, change):
        self._colleague, self._name, self._change = colleague, name, change

    def ask(self, request):
        answer = self._colleague.ask(request)
        return answer | {self._name: self._change(answer[self._name])} if self._name in answer else answer


@pytest.fixture
def group(scene):
    made = scene.staff.groups[1]
    before = dict(made._colleagues)
    yield made
    made._colleagues, made.failures = before, {}


def founding(scene):
    draft = insurance.draw(scene.watch.now(), ())
    derived = drafts.derive(scene.ledger, draft, scene.now_ms)
    return derived, {"draft": wire.draft_json(draft)}


def check_signed(scene, group, derived, evidence):
    for message, signed in zip(derived.messages, group.sign(derived.messages, evidence), strict=True):
        key = scene.guardians.signing_key
        if message.alpha:
            key = (derived.leg.public.rk_x, derived.leg.public.rk_y)
        signature.verify(key, message.value, signed)


@pytest.mark.parametrize("name, change_answer, told", [
    ("answers", lambda values: [str((int(values[0]) + 1) % ORDER), *values[1:]], "signature was false"),
    ("answers", lambda values: values[:-1], "signed 1 of 2 messages"),
    ("answers", lambda values: ["x"], "not a decimal number"),
    ("commitments", lambda values: values[:-1], "did not commit to 2 nonces"),
    ("commitments", lambda values: [one | {"index": 2} for one in values], "did not commit to 2 nonces"),
    ("session", lambda value: "00" * 16, "session of this signature is unknown"),
])  # fmt: skip
def test_who_signs_falsely_is_named_and_left_out(scene, group, name, change_answer, told):
    group._colleagues[1] = Liar(group._colleagues[1], name, change_answer)
    check_signed(scene, group, *founding(scene))
    assert told in group.failures[1]


@pytest.mark.parametrize("change_answer, told", [
    (lambda values: [one | {"challenge": "5"} for one in values], "was not made with its share"),
    (lambda values: [one | {"index": 2} for one in values], "did not decrypt what settled"),
    (lambda values: values[:-1], "did not decrypt what settled"),
    (lambda values: [None for _ in values], "did not decrypt what settled"),
])  # fmt: skip
def test_who_decrypts_falsely_is_named_and_left_out(scene, group, change_answer, told):
    group._colleagues[1] = Liar(group._colleagues[1], "partials", change_answer)
    scene.watch.view.__init__(scene.watch.view._open)
    scene.watch.view.advance(scene.ledger)
    assert scene.short.account in [one.account for one in scene.watch.view.accounts.values()]
    assert told in group.failures[1]


def test_who_failed_is_asked_after_the_others(scene, group):
    """One that hangs would cost its time again with every request."""
    asked, colleague = [], group._colleagues[1]

    class Hanging:
        def ask(self, request):
            asked.append(request["ask"])
            raise Unreachable("guardian 1 does not answer: timed out")

    group._colleagues[1] = Hanging()
    check_signed(scene, group, *founding(scene))
    check_signed(scene, group, *founding(scene))
    assert asked == ["commit"] and group.failures == {1: "does not answer: timed out"}
    group._colleagues[1] = colleague
    assert group.reachable()[1] is None


def test_many_escrows_are_opened_in_several_requests(scene, group, monkeypatch):
    """A guardian that comes to a long ledger asks for all of it: no request may be refused or time out for its size."""
    monkeypatch.setattr(group_module, "MAX_AT_ONCE", 2)
    sizes, colleague = [], group._colleagues[1]

    class Counting:
        def ask(self, request):
            sizes.append(len(request["places"]))
            return colleague.ask(request)

    group._colleagues[1] = Counting()
    (watched,) = [one for one in scene.watch.view.accounts.values() if one.account == scene.short.account]
    bundle = encoding.decode_bundle(scene.ledger.reader.bundle(watched.place[0])[1])
    leg = bundle.legs[watched.place[1]]
    assert group.open([(watched.place, leg)] * 5) == [scene.short.account] * 5
    assert sizes == [2, 2, 1]


def test_who_begins_many_signatures_displaces_none_of_anothers(scene):
    member = scene.staff.members[0]
    begun = member.answer(2, {"ask": "commit", "count": 1})
    for _ in range(member_module.MAX_SESSIONS + 1):
        member.answer(3, {"ask": "commit", "count": 1})
    with pytest.raises(FormatError, match="has no lists"):
        member.answer(2, {"ask": "sign", "session": begun["session"]})


def test_a_session_is_of_who_began_it(scene):
    member = scene.staff.members[0]
    begun = member.answer(2, {"ask": "commit", "count": 1})
    with pytest.raises(FormatError, match="unknown or used"):
        member.answer(3, {"ask": "sign", "session": begun["session"]})


def test_two_liars_of_three_stop_the_signature_and_are_named(scene, group):
    for index in (1, 2):
        group._colleagues[index] = Liar(group._colleagues[index], "answers", lambda values: ["5" for _ in values])
    derived, evidence = founding(scene)
    with pytest.raises(TooFew, match="guardian 1: .* false; guardian 2: .* false"):
        group.sign(derived.messages, evidence)


def test_a_session_signs_once(scene):
    member = scene.staff.members[0]
    derived, evidence = founding(scene)
    begun = [one.answer(1, {"ask": "commit", "count": 2}) for one in scene.staff.members[:2]]
    lists = [[answer["commitments"][i] for answer in begun] for i in range(2)]
    request = {"ask": "sign", "session": begun[0]["session"], "lists": lists, **evidence}
    assert len(member.answer(1, request)["answers"]) == len(derived.messages) == 2
    with pytest.raises(FormatError, match="unknown or used"):
        member.answer(1, request)


def test_a_refused_draft_uses_the_session_up(scene):
    member = scene.staff.members[0]
    _, evidence = founding(scene)
    begun = member.answer(1, {"ask": "commit", "count": 2})
    lists = [[one, one] for one in begun["commitments"]]
    refused = {"ask": "sign", "session": begun["session"], "lists": lists}
    with pytest.raises(FormatError, match="the draft is not an object"):
        member.answer(1, refused)
    with pytest.raises(FormatError, match="unknown or used"):
        member.answer(1, refused | evidence)


def test_members_refuse_what_their_rules_do_not_allow(scene, group):
    draft = insurance.draw(scene.watch.now(), ())
    greedy = replace(draft, leg=replace(draft.leg, new=replace(draft.leg.new, balances=change(usdc=5))))
    derived = drafts.derive(scene.ledger, greedy, scene.now_ms)
    with pytest.raises(TooFew, match="guardian 1: a guardian does not sign this: the insurance's account would not"):
        group.sign(derived.messages, {"draft": wire.draft_json(greedy)})


def test_an_order_that_never_settled_is_opened_for_nobody(scene):
    height = scene.ledger.reader.last_event().height
    leg, _, _ = scene.leg(scene.short, change(usdc=2_000, perp=-1_000), adds=1)
    assert leg.escrow is not None
    for place in ([height + 1, 0], [height, 1], [height, 2], [0, 0], [2, 60]):
        answer = scene.staff.members[0].answer(2, {"ask": "decrypt", "places": [place]})
        assert answer == {"partials": [None]}


@pytest.mark.parametrize("request_made, why", [
    ({}, "guardians do not do"),
    ({"ask": "everything"}, "guardians do not do"),
    ({"ask": "decrypt"}, "has no places"),
    ({"ask": "decrypt", "places": [[-1, 0]]}, "not an integer"),
    ({"ask": "commit", "count": 10**6}, "count is not an integer"),
    ({"ask": "sign"}, "has no session"),
])  # fmt: skip
def test_a_malformed_request_is_refused(scene, request_made, why):
    with pytest.raises(FormatError, match=why):
        scene.staff.members[0].answer(2, request_made)


def test_a_key_that_is_not_here_is_told(scene):
    with pytest.raises(TooFew, match="no share of guardian key 9"):
        scene.means.group(9)


def test_no_figures_are_signed_by_who_sees_others(scene):
    from prover.guardian import recovery

    stated = recovery.propose(scene.ledger, [scene.short.account], 9, scene.now_ms)
    recovery.checked(scene.ledger, stated, lambda: [scene.short.account], scene.now_ms)
    with pytest.raises(Unsatisfied, match="it sees a deficit of 0 and an open interest of 2000"):
        recovery.checked(scene.ledger, stated, lambda: [scene.short.account] * 2, scene.now_ms)
    with pytest.raises(Unsatisfied, match="watches nothing"):
        recovery.checked(scene.ledger, stated, None, scene.now_ms)
