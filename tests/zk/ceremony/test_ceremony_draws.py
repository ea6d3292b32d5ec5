"""The draws and hashes of ceremonies equal those of the libraries that snarkjs uses."""

import hashlib
import json
import struct
from functools import cache

import numpy as np
import pytest

from tests import node
from zk.ceremony import chacha
from zk.curves import bn254, g1, g2
from zk.errors import FormatError
from zk.formats import pointbytes
from zk.hashes.blake2b import Blake2b

SEED = (1, 0xFFFFFFF0, 3, 4, 5, 6, 7, 0x80000000)
PIECES = (64, 32 * 7, 64 * 5, 128, 256, 4, 0, 300, 124, 384, 28)

SCRIPT = """
const root = process.cwd() + "/node_modules/";
const { buildBn128, ChaCha } = require(root + "snarkjs/node_modules/ffjavascript");
const { blake2b } = require(root + "@noble/hashes/blake2b.js");
const hex = bytes => Buffer.from(bytes).toString("hex");
const words = ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"].flatMap(name => [name + "l", name + "h"]);
function state(hash) {
    const result = Buffer.alloc(216);
    result.set(hash.buffer);
    words.forEach((name, i) => result.writeInt32LE(hash[name], 128 + 4 * i));
    result.writeUInt32LE(hash.length - hash.pos, 192);
    result.writeUInt32LE(hash.pos, 200);
    return hex(result);
}
(async () => {
    const [seed, message, pieces] = JSON.parse(process.argv[1]);
    const curve = await buildBn128(true), rng = new ChaCha(seed), out = { states: [] };
    out.scalars = [0, 1, 2].map(() => curve.Fr.toString(curve.Fr.fromRng(rng)));
    for (const [name, group] of [["g1", curve.G1], ["g2", curve.G2]]) {
        const points = [0, 1, 2, 3, 4, 5].map(() => group.toAffine(group.fromRng(rng)));
        const rows = new Uint8Array(Buffer.concat([...points, group.zeroAffine]));
        const forms = [rows, await group.batchLEMtoU(rows), await group.batchLEMtoC(rows)];
        out[name] = forms.map(hex);
    }
    const hash = blake2b.create({ dkLen: 64 }), data = new Uint8Array(Buffer.from(message, "hex"));
    let at = 0;
    for (const length of pieces) {
        hash.update(data.subarray(at, at += length));
        out.states.push(state(hash));
    }
    console.log(JSON.stringify(out));
    process.exit(0);
})();
"""


def message() -> bytes:
    return hashlib.shake_128(b"ceremony").digest(sum(PIECES))


@cache
def by_snarkjs() -> dict:
    """The draws of ffjavascript from the seed, and the hash states of noble for the message."""
    return json.loads(node.run(SCRIPT, json.dumps([SEED, message().hex(), PIECES])))


def draws() -> chacha.Draws:
    return chacha.Draws(struct.pack(">8I", *SEED))


def rows(name: str, shape: tuple) -> np.ndarray:
    """The seven points, of which the last is the identity."""
    return np.frombuffer(bytes.fromhex(by_snarkjs()[name][0]), "<u8").reshape(-1, *shape)


def test_scalars_and_points_are_drawn_as_ffjavascript_draws_them():
    drawn = draws()
    assert [str(drawn.scalar()) for _ in range(3)] == by_snarkjs()["scalars"]
    assert [drawn.g1() for _ in range(6)] == g1.decode(rows("g1", g1.SHAPE))[:6]
    assert [drawn.g2() for _ in range(6)] == g2.decode(rows("g2", g2.SHAPE))[:6]


def test_drawn_points_are_points_of_their_groups():
    drawn = draws()
    for _ in range(4):
        left, right = drawn.g1(), drawn.g2()
        assert bn254.g1(left.x, left.y, "left") == left
        assert bn254.g2(right.x, right.y, "right") == right


def test_squares_in_fp2_have_a_square_root_and_non_squares_have_none():
    for element in [(3, 4), (5, 0), (bn254.P - 5, 0), (0, 7), (0, 0)]:
        root = chacha.square_root(tuple(map(bn254.mpz, element)))
        assert bn254.jacobian.FP2.mul(root, root) == element
    assert chacha.square_root((bn254.mpz(9), bn254.mpz(1))) is None  # ξ, the non-residue that defines Fp12


@pytest.mark.parametrize("name, shape", [("g1", g1.SHAPE), ("g2", g2.SHAPE)])
def test_point_encodings_are_those_of_ffjavascript(name, shape):
    _, uncompressed, compressed = by_snarkjs()[name]
    points = rows(name, shape)
    assert pointbytes.uncompressed(points).tobytes().hex() == uncompressed
    assert pointbytes.compressed(points).tobytes().hex() == compressed


def test_many_points_are_encoded_by_several_threads_in_order():
    points = np.tile(rows("g1", g1.SHAPE), (700, 1, 1))
    once = pointbytes.uncompressed(points[:7])
    assert np.array_equal(pointbytes.uncompressed(points), np.tile(once, (700, 1)))


def test_the_hash_state_is_that_of_snarkjs_after_every_piece_and_can_be_resumed():
    hash_, at = Blake2b(), 0
    for length, state in zip(PIECES, by_snarkjs()["states"], strict=True):
        hash_.update(message()[at : at + length])
        at += length
        assert hash_.state().hex() == state
        assert hash_.digest() == hashlib.blake2b(message()[:at]).digest()
        hash_ = Blake2b.restored(hash_.state(), "state")


def test_pieces_of_any_length_give_the_hash_of_the_whole():
    data = hashlib.shake_128(b"pieces").digest(4000)
    for step in (1, 127, 128, 129, 1000):
        hash_ = Blake2b()
        for i in range(0, len(data), step):
            hash_.update(data[i : i + step])
        assert hash_.digest() == hashlib.blake2b(data).digest()
    assert Blake2b().digest() == hashlib.blake2b().digest()


@pytest.mark.parametrize("at, value", [(192, 1), (200, 129), (199, 255), (208, 1)])
def test_a_malformed_hash_state_is_refused(at, value):
    state = bytearray(Blake2b().state())
    state[at] = value
    with pytest.raises(FormatError, match="the state is not a state of Blake2b"):
        Blake2b.restored(bytes(state), "the state")
    with pytest.raises(FormatError, match="215 bytes instead of 216"):
        Blake2b.restored(bytes(state)[:-1], "the state")


def test_a_beacon_seed_is_iterated_sha256_and_reports_progress():
    expected, reports = b"beacon", []
    for _ in range(1 << 17):
        expected = hashlib.sha256(expected).digest()
    assert chacha.beacon_seed(b"beacon", 17, lambda done, total: reports.append((done, total))) == expected
    assert reports == [(1 << 16, 1 << 17), (1 << 17, 1 << 17)]


@pytest.mark.parametrize("exponent, reason", [(9, "the range is"), (64, "the range is"), (27, "the limit is")])
def test_a_beacon_of_too_few_or_too_many_iterations_is_refused_at_once(exponent, reason):
    with pytest.raises(FormatError, match=reason):
        chacha.beacon_seed(b"beacon", exponent)
