"""Lists of byte strings as one byte string, for hashing."""


def framed(*parts: bytes) -> bytes:
    """Each part after its length in 4 big-endian bytes, so that no two lists of parts have the same bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
