"""Number-theoretic transforms over Fr: butterflies, roots, blocked (in parts that fit the cache), ntt · polynomial."""
