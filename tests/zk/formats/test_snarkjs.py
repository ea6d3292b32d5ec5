import json
from dataclasses import replace
from functools import reduce

import pytest

from zk.curves import bn254
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.formats import snarkjs
from zk.groth16.keys import MAX_PUBLIC, Proof, VerifyingKey

G1_POINTS = [bn254.multiply(k, bn254.G1) for k in range(2, 8)]
G2_POINTS = [bn254.multiply(k, bn254.G2) for k in range(2, 6)]
KEY = VerifyingKey(G1_POINTS[0], *G2_POINTS[:3], tuple(G1_POINTS[1:4]))
PROOF = Proof(G1_POINTS[4], G2_POINTS[3], G1_POINTS[5])
PUBLIC = [0, R - 1]

NOT_CANONICAL = ["01", "-1", "+1", " 1", "1_0", "1.0", "0x1", "", "١", 1, True, None, ["1"]]


def refused(decode, data: bytes | str, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        decode(data.encode() if isinstance(data, str) else data)


def changed(text: str, path: list, value: object) -> str:
    """The JSON text with the value at a path replaced, or removed when the value is `...`."""
    document = json.loads(text)
    *parents, last = path
    holder = reduce(lambda inner, step: inner[step], parents, document)
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return json.dumps(document)


KEY_TEXT, PROOF_TEXT = snarkjs.encode_verifying_key(KEY), snarkjs.encode_proof(PROOF)


def test_what_is_written_is_read_again():
    assert snarkjs.decode_verifying_key(KEY_TEXT.encode()) == KEY
    assert snarkjs.decode_proof(PROOF_TEXT.encode()) == PROOF
    assert snarkjs.decode_public(snarkjs.encode_public(PUBLIC).encode()) == PUBLIC
    assert snarkjs.decode_public(b"[]") == []


def test_a_key_without_public_inputs_is_read_again():
    key = replace(KEY, ic=KEY.ic[:1])
    assert snarkjs.decode_verifying_key(snarkjs.encode_verifying_key(key).encode()) == key


def test_a_list_of_public_inputs_without_a_key_is_a_list_of_at_most_2_to_the_16():
    assert len(snarkjs.decode_public(json.dumps(["0"] * MAX_PUBLIC).encode())) == MAX_PUBLIC
    refused(snarkjs.decode_public, json.dumps(["0"] * (MAX_PUBLIC + 1)), "a list of at most 65536 entries")
    refused(snarkjs.decode_public, "{}", "a list of at most 65536 entries")


@pytest.mark.parametrize("number", [*NOT_CANONICAL, str(R), str(2**256), "1" * 78])
def test_a_public_input_is_a_canonical_decimal_string_below_r(number):
    refused(snarkjs.decode_public, json.dumps(["1", number]), "public input 1")


@pytest.mark.parametrize("number", [*NOT_CANONICAL, str(P), str(P + 1)])
@pytest.mark.parametrize("path", [["pi_a", 0], ["pi_b", 0, 1], ["pi_b", 1, 0], ["pi_c", 1]])
def test_a_coordinate_is_a_canonical_decimal_string_below_p(path, number):
    refused(snarkjs.decode_proof, changed(PROOF_TEXT, path, number), f"the proof: {path[0]}")


PROOF_LIES = [
    (["protocol"], "plonk", "protocol is not groth16"),
    (["protocol"], ..., "has no protocol"),
    (["curve"], "bls12381", "curve is not bn128"),
    (["extra"], 1, "unknown key 'extra'"),
    (["pi_a"], ["1", "2"], "pi_a has 2 entries instead of 3"),
    (["pi_a"], "1", "pi_a is not a list"),
    (["pi_a"], ["0", "0", "1"], "pi_a is the identity"),
    (["pi_a"], ["0", "1", "0"], "pi_a: the third coordinate is not 1"),
    (["pi_a"], ["1", "3", "1"], "pi_a is not on the curve"),
    (["pi_a", 2], 1, "pi_a: the third coordinate"),
    (["pi_a", 2], "2", "pi_a: the third coordinate"),
    (["pi_b", 2], ["0", "1"], "pi_b: the third coordinate"),
    (["pi_b", 2], ["1"], "pi_b: the third coordinate"),
    (["pi_b"], [["0", "0"], ["0", "0"], ["1", "0"]], "pi_b is the identity"),
    (["pi_b"], [["1", "0"], ["2", "0"], ["1", "0"]], "pi_b is not on the curve"),
    (["pi_b", 0], ["1"], "pi_b: x has 1 entries"),
    (["pi_c"], None, "pi_c is not a list"),
]
KEY_LIES = [
    (["protocol"], "fflonk", "protocol is not groth16"),
    (["curve"], "BN254", "curve is not bn128"),
    (["nPublic"], 1, "IC has 3 entries instead of 2"),
    (["nPublic"], 3, "IC has 3 entries instead of 4"),
    (["nPublic"], True, "nPublic is not an integer"),
    (["nPublic"], "2", "nPublic is not an integer"),
    (["nPublic"], -1, "nPublic is not an integer"),
    (["nPublic"], MAX_PUBLIC, "IC has 3 entries instead of 65537"),
    (["nPublic"], MAX_PUBLIC + 1, "nPublic is not an integer"),
    (["nPublic"], 2.0, "only integers are allowed"),
    (["nPublic"], 10**70, "nPublic is not an integer"),
    (["IC", 1], ["0", "0", "1"], "IC 1 is the identity"),
    (["IC", 2], ["1", "2", "3"], "IC 2: the third coordinate"),
    (["vk_alpha_1"], ["1", "1", "1"], "vk_alpha_1 is not on the curve"),
    (["vk_gamma_2"], ..., "has no vk_gamma_2"),
    (["vk_delta_2"], json.loads(KEY_TEXT)["vk_gamma_2"], "delta = ±gamma"),
    (["vk_alphabeta_12"], [["1"]], "vk_alphabeta_12 has 1 entries"),
    (["vk_alphabeta_12"], [[["1", "2"]] * 3, [["1", str(P)]] * 3], "vk_alphabeta_12.c1"),
    (["power"], 10, "unknown key 'power'"),
]


@pytest.mark.parametrize("path, value, why", PROOF_LIES)
def test_a_proof_that_is_not_what_snarkjs_writes_is_refused_by_field(path, value, why):
    refused(snarkjs.decode_proof, changed(PROOF_TEXT, path, value), why)


@pytest.mark.parametrize("path, value, why", KEY_LIES)
def test_a_key_that_is_not_what_snarkjs_writes_is_refused_by_field(path, value, why):
    refused(snarkjs.decode_verifying_key, changed(KEY_TEXT, path, value), why)


def test_a_point_outside_the_subgroup_is_refused():
    refused(snarkjs.decode_proof, changed(PROOF_TEXT, ["pi_b"], outside_the_subgroup()), "pi_b is not in the subgroup")


def outside_the_subgroup() -> list:
    """A point of the curve of G2 that is not in G2, as snarkjs writes points."""
    from py_ecc import optimized_bn128 as ecc

    return next(point for x in range(1, 100) if (point := _on_twist(ecc, x)))


def _on_twist(ecc, x: int) -> list | None:
    """A point of the twist with x = (x, 0): nearly all of them are outside the subgroup."""
    square = ecc.FQ2([x, 0]) ** 3 + ecc.b2
    a, b = (int(c) for c in square.coeffs)
    norm = pow(a * a + b * b, (P + 1) // 4, P)
    if norm * norm % P != (a * a + b * b) % P:
        return None
    for half in ((a + norm) * pow(2, -1, P) % P, (a - norm) * pow(2, -1, P) % P):
        real = pow(half, (P + 1) // 4, P)
        if real and real * real % P == half:
            root = ecc.FQ2([real, b * pow(2 * real, -1, P) % P])
            if root * root == square:
                return [[str(x), "0"], [str(int(c)) for c in root.coeffs], ["1", "0"]]
    return None


def test_the_alphabeta_that_snarkjs_writes_is_accepted():
    text = changed(KEY_TEXT, ["vk_alphabeta_12"], [[["1", "2"]] * 3] * 2)
    assert snarkjs.decode_verifying_key(text.encode()) == KEY


@pytest.mark.parametrize(
    "data, why",
    [
        ('{"pi_a": 1, "pi_a": 2}', "twice"),
        ('{"curve": NaN}', "only integers are allowed"),
        ('{"curve": Infinity}', "only integers are allowed"),
        ('{"curve": 12.0}', "only integers are allowed"),
        ('{"curve": 1e3}', "only integers are allowed"),
        ('{"curve": ' + "9" * 81 + "}", "81 digits"),
        ("[" * 100 + "]" * 100, "nests deeper"),
        ('{"a": "' + "]" * 200 + '\\"]", "b": ' + "[" * 100 + "]" * 100 + "}", "nests deeper"),
        ("[]", "is not an object"),
        ("{", "is not JSON"),
        ("", "is not JSON"),
        (PROOF_TEXT + "x", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b" " * (snarkjs.MAX_PROOF_BYTES + 1), "is the limit"),
    ],
)
def test_json_that_is_not_strict_is_refused(data, why):
    refused(snarkjs.decode_proof, data, why)
