"""Number-theoretic transforms over Fr: butterflies, roots, blocked (cache-blocked), ntt · polynomial."""
