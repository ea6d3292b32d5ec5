"""The rules of a pool's board say what backs an order, and contradict themselves nowhere."""

import pytest

from settlement.bundles.bundle import MAX_AMOUNT
from settlement.pool.boardrules import BoardRules
from zk.errors import FormatError

NONE = (0,) * 16


@pytest.mark.parametrize("funds, required", [(NONE, False), ((0, MAX_AMOUNT, *NONE[2:]), True)])
def test_a_board_may_ask_for_funds_or_for_nothing(funds, required):
    assert BoardRules(funds, required).funds == funds


@pytest.mark.parametrize("funds, required, words", [
    (NONE[1:], False, "16 amounts"),
    ((-1, *NONE[1:]), False, "asset 0"),
    ((*NONE[1:], MAX_AMOUNT + 1), False, "asset 15"),
    ((True, *NONE[1:]), False, "asset 0"),
    (NONE, 0, "true or false"),
    (NONE, True, "accepts no asset"),
])  # fmt: skip
def test_what_makes_no_rule_is_refused(funds, required, words):
    with pytest.raises(FormatError, match=words):
        BoardRules(funds, required)
