"""Random values are in range, of full length and never the same twice."""

from zk import entropy


def test_a_scalar_is_at_least_one_and_below_the_modulus():
    assert {entropy.scalar(3) for _ in range(200)} == {1, 2}


def test_a_token_has_its_length_and_does_not_repeat():
    assert len(entropy.token(16)) == 16 and entropy.token(16) != entropy.token(16)


def test_shuffling_keeps_every_item_and_reaches_every_order():
    assert {tuple(entropy.shuffled("abc")) for _ in range(500)} == {
        ("a", "b", "c"), ("a", "c", "b"), ("b", "a", "c"), ("b", "c", "a"), ("c", "a", "b"), ("c", "b", "a"),
    }  # fmt: skip
