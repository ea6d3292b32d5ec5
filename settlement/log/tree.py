"""The Merkle tree of RFC 6962, section 2.1, over a list D of leaves, with SHA-256.

    MTH({}) = SHA-256()        MTH({d}) = SHA-256(0x00 │ d)
    MTH(D)  = SHA-256(0x01 │ MTH(D[0:k]) │ MTH(D[k:n]))        k the largest power of two below n

The node (level, i) is MTH of the 2^level leaves from i·2^level on.  Once all of these leaves are there it never
changes, so a log stores exactly these nodes, and any root or proof of a tree of n leaves takes O(log n) of them.  A log
is any function `read(level, index)` that returns such a node.
"""

import hashlib
from collections.abc import Callable, Sequence

from zk.errors import InvalidProof

HASH_BYTES = 32
EMPTY = hashlib.sha256().digest()
"""The root of the tree without leaves."""

Read = Callable[[int, int], bytes]
Nodes = dict[tuple[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def append(read: Read, size: int, leaf: bytes) -> Nodes:
    """The nodes that a leaf with this hash completes in a tree of `size` leaves, itself the first."""
    nodes, level, index = {(0, size): leaf}, 0, size
    while index % 2:
        parent = node_hash(read(level, index - 1), nodes[level, index])
        level, index = level + 1, index // 2
        nodes[level, index] = parent
    return nodes


def peaks(size: int) -> list[tuple[int, int]]:
    """The places of the nodes that a tree of `size` leaves is made of, which are all that appending to it reads."""
    return [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]


class Growing:
    """A log that grows in memory, of which `size` leaves are there: for those who append thousands.

    It keeps the largest complete trees under the root, one for each bit of its size, which is all that later nodes and
    roots need of it: O(1) hashes a leaf for the nodes, and O(log n) for the root.
    """

    def __init__(self, read: Read, size: int):
        self.size = size
        self._peaks = [(level, read(level, index)) for level, index in reversed(peaks(size))]

    def append(self, leaf: bytes) -> Nodes:
        """Appends a leaf with this hash; the nodes that it completes, itself the first."""
        nodes, level, index = {(0, self.size): leaf}, 0, self.size
        while self._peaks and self._peaks[-1][0] == level:
            leaf = node_hash(self._peaks.pop()[1], leaf)
            level, index = level + 1, index // 2
            nodes[level, index] = leaf
        self._peaks.append((level, leaf))
        self.size += 1
        return nodes

    def root(self) -> bytes:
        """The root of all leaves so far, of which there must be one."""
        *others, (_, found) = self._peaks
        for _, peak in reversed(others):
            found = node_hash(peak, found)
        return found


def root(read: Read, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return _range(read, 0, size) if size else EMPTY


def inclusion_proof(read: Read, index: int, size: int) -> tuple[bytes, ...]:
    """PATH(index, D[0:size]) of section 2.1.1: the siblings on the way from the leaf to the root, lowest first."""
    assert 0 <= index < size, "the leaf is in the tree"

    def path(start: int, count: int) -> tuple[bytes, ...]:
        if count == 1:
            return ()
        half = _split(count)
        if index < start + half:
            return (*path(start, half), _range(read, start + half, count - half))
        return (*path(start + half, count - half), _range(read, start, half))

    return path(0, size)


def consistency_proof(read: Read, old: int, size: int) -> tuple[bytes, ...]:
    """PROOF(old, D[0:size]) of section 2.1.2: what shows that the first `old` leaves are those of the smaller tree."""
    assert 0 < old <= size, "the smaller tree has leaves, and no more than the larger one"

    def proof(start: int, count: int, wanted: int, is_known: bool) -> tuple[bytes, ...]:
        if wanted == count:  # the verifier has this node when it is the smaller tree's root
            return () if is_known else (_range(read, start, count),)
        half = _split(count)
        if wanted <= half:
            return (*proof(start, half, wanted, is_known), _range(read, start + half, count - half))
        return (*proof(start + half, count - half, wanted - half, False), _range(read, start, half))

    return proof(0, size, old, True)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Raises InvalidProof unless the leaf with this hash is at `index` of the tree with this size and root."""
    if not 0 <= index < size:
        raise InvalidProof(f"there is no leaf {index} in a tree of {size}")
    remaining = list(proof)

    def computed(place: int, count: int) -> bytes:
        if count == 1:
            return leaf
        half = _split(count)
        sibling = _take(remaining)
        if place < half:
            return node_hash(computed(place, half), sibling)
        return node_hash(sibling, computed(place - half, count - half))

    found = computed(index, size)
    if remaining or found != expected:
        raise InvalidProof("the inclusion proof does not lead from the leaf to the root")


def verify_consistency(
    old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:  # fmt: skip
    """Raises InvalidProof unless the tree of `old` leaves with `old_root` begins that of `size` leaves."""
    if not 0 < old <= size:
        raise InvalidProof(f"a tree of {old} leaves is not the beginning of one of {size}")
    remaining = list(proof)

    def computed(count: int, wanted: int, is_known: bool) -> tuple[bytes, bytes]:
        """The hashes of the wanted leaves and of all leaves of this part."""
        if wanted == count:
            node = old_root if is_known else _take(remaining)
            return node, node
        half = _split(count)
        sibling = _take(remaining)
        if wanted <= half:
            part, whole = computed(half, wanted, is_known)
            return part, node_hash(whole, sibling)
        part, whole = computed(count - half, wanted - half, False)
        return node_hash(sibling, part), node_hash(sibling, whole)

    found = computed(size, old, True)
    if remaining or found != (old_root, new_root):
        raise InvalidProof("the consistency proof does not lead from one root to the other")


def _take(proof: list[bytes]) -> bytes:
    """The last hash of a proof that is read from its end, from the root down."""
    if not proof:
        raise InvalidProof("the proof is too short")
    return proof.pop()


def _range(read: Read, start: int, count: int) -> bytes:
    """MTH of `count` leaves from `start` on, which is a multiple of the largest power of two in `count`."""
    half = _split(count)
    if count == 1 or 2 * half == count:
        level = count.bit_length() - 1
        return read(level, start >> level)
    return node_hash(_range(read, start, half), _range(read, start + half, count - half))


def _split(count: int) -> int:
    """The largest power of two below `count`; 0 for one leaf."""
    return 1 << (count - 1).bit_length() - 1 if count > 1 else 0
