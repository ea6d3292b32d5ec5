"""The weights of random linear combinations: 128 bits of fresh randomness each."""

import numpy as np

from zk import entropy
from zk.ceremony import rlc
from zk.fields import array


def test_a_weight_is_made_of_16_random_bytes_and_nothing_is_dropped(monkeypatch):
    given, lengths = bytes(range(1, 49)), []
    monkeypatch.setattr(entropy, "token", lambda length: lengths.append(length) or given)
    weights = rlc.weights(3)
    assert lengths == [48] and weights.dtype == np.uint64 and weights.shape == (3, 4)
    assert array.from_plain(weights) == [int.from_bytes(given[i : i + 16], "little") for i in (0, 16, 32)]


def test_both_words_of_the_weights_vary_in_every_bit_and_no_weight_repeats():
    weights = rlc.weights(128)
    low, high = weights[:, 0], weights[:, 1]
    for words in (low, high):
        assert np.bitwise_or.reduce(words) == 2**64 - 1 and np.bitwise_and.reduce(words) == 0
    assert len({row.tobytes() for row in (*weights, *rlc.weights(128))}) == 256 and not weights[:, 2:].any()
