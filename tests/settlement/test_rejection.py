"""Rejections: a number and its name never change, because senders act on them, and every one has a remedy."""

from settlement.rejection import Rejected, Rejection

AGREED = {
    1: "TOO_LARGE", 2: "MALFORMED", 3: "WRONG_LEDGER", 4: "UNKNOWN_KEY", 5: "EXPIRED", 6: "UNKNOWN_ROOT",
    7: "MARGIN_MISSING", 8: "STALE_GRID", 9: "NULLIFIER_REPEATED", 10: "NULLIFIER_SPENT", 11: "LEG_SIGNATURE",
    12: "UNBALANCED", 13: "INVALID_PROOF", 14: "CUSTODY", 15: "TREE_FULL",
    20: "BOARD_FULL", 21: "ORDER_KNOWN", 22: "ORDER_UNKNOWN", 23: "ORDER_TOO_LONG", 24: "ACCOUNT_FULL",
    30: "UNKNOWN_ORACLE", 31: "PRICE_SIGNATURE", 32: "PRICE_STALE", 33: "NO_QUORUM", 34: "PRICE_DEVIATION",
    35: "WRONG_EPOCH", 36: "PRICE_RANGE",
}  # fmt: skip


def test_the_number_of_a_rejection_never_changes():
    assert {member.value: name for name, member in Rejection.__members__.items()} == AGREED


def test_a_refusal_gives_number_name_detail_and_remedy():
    refusal = Rejected(Rejection.EXPIRED, "leg 3 expired at 5")
    assert str(refusal) == "rejection 5 (EXPIRED): leg 3 expired at 5. Make the leg again with a later expiry."
    assert (refusal.rejection, refusal.detail) == (Rejection.EXPIRED, "leg 3 expired at 5")
