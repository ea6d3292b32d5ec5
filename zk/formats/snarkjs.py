"""snarkjs's three JSON files: verification_key.json, public.json and proof.json, both ways.

Field elements are decimal strings.  An element of Fp2 is [c0, c1].  A point is projective, and its third coordinate is
always written as 1, or [1, 0].  snarkjs reduces numbers that are too large and does not check points.  Here everything
that snarkjs would not write is refused, with one sentence that names the field.

A key may have vk_alphabeta_12, the pairing of α and β.  Its shape is checked; its value is not used
(zk/formats/alphabeta.py).
"""

import json
from collections.abc import Sequence

from zk.curves import bn254
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields import prime
from zk.fields.prime import P, R
from zk.formats import strictjson
from zk.groth16.keys import MAX_PUBLIC, Proof, VerifyingKey

MAX_BYTES = 16 << 20  # for 2^16 public inputs
MAX_PROOF_BYTES = 16 << 10

Fp12 = Sequence[Sequence[Sequence[int]]]  # 2 × 3 × 2

_PROTOCOL, _CURVE = "groth16", "bn128"
_KEY_FIELDS = {"protocol", "curve", "nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC"}
_KEY_OPTIONAL = frozenset({"vk_alphabeta_12"})
_PROOF_FIELDS = {"protocol", "curve", "pi_a", "pi_b", "pi_c"}


def decode_verifying_key(data: bytes) -> VerifyingKey:
    """The key in a verification_key.json.  Raises FormatError, naming the wrong field."""
    what = "the verification key"
    fields = strictjson.has_keys(strictjson.loads(data, what, MAX_BYTES), _KEY_FIELDS, what, _KEY_OPTIONAL)
    _check_header(fields, what)
    num_public = fields["nPublic"]
    if type(num_public) is not int or not 0 <= num_public <= MAX_PUBLIC:
        raise FormatError(f"{what}: nPublic is not an integer from 0 to {MAX_PUBLIC}")
    ic = strictjson.has_length(fields["IC"], num_public + 1, f"{what}: IC")
    if "vk_alphabeta_12" in fields:
        _check_alphabeta(fields["vk_alphabeta_12"], f"{what}: vk_alphabeta_12")
    return VerifyingKey(
        alpha_g1=_g1(fields["vk_alpha_1"], f"{what}: vk_alpha_1"),
        beta_g2=_g2(fields["vk_beta_2"], f"{what}: vk_beta_2"),
        gamma_g2=_g2(fields["vk_gamma_2"], f"{what}: vk_gamma_2"),
        delta_g2=_g2(fields["vk_delta_2"], f"{what}: vk_delta_2"),
        ic=tuple(_g1(point, f"{what}: IC {index}") for index, point in enumerate(ic)),
    )


def decode_public(data: bytes, count: int | None = None) -> list[int]:
    """The public inputs in a public.json; `count` is the number of the key's, where there is a key.

    Raises FormatError, naming the wrong entry.
    """
    what = "the list of public inputs"
    values = strictjson.loads(data, what, MAX_BYTES)
    if count is not None:
        strictjson.has_length(values, count, what)
    if not isinstance(values, list) or len(values) > MAX_PUBLIC:
        raise FormatError(f"{what} is not a list of at most {MAX_PUBLIC} entries")
    return [prime.parse(value, R, f"public input {index}") for index, value in enumerate(values)]


def decode_proof(data: bytes) -> Proof:
    """The proof in a proof.json.  Raises FormatError, naming the wrong field."""
    what = "the proof"
    fields = strictjson.has_keys(strictjson.loads(data, what, MAX_PROOF_BYTES), _PROOF_FIELDS, what)
    _check_header(fields, what)
    return Proof(
        _g1(fields["pi_a"], f"{what}: pi_a"), _g2(fields["pi_b"], f"{what}: pi_b"), _g1(fields["pi_c"], f"{what}: pi_c")
    )


def encode_verifying_key(key: VerifyingKey, alphabeta: Fp12 | None = None) -> str:
    """The text of a verification_key.json; `alphabeta` becomes vk_alphabeta_12 (zk/formats/alphabeta.py)."""
    fields: dict[str, object] = {
        "protocol": _PROTOCOL,
        "curve": _CURVE,
        "nPublic": key.num_public,
        "vk_alpha_1": _from_g1(key.alpha_g1),
        "vk_beta_2": _from_g2(key.beta_g2),
        "vk_gamma_2": _from_g2(key.gamma_g2),
        "vk_delta_2": _from_g2(key.delta_g2),
    }
    if alphabeta is not None:
        fields["vk_alphabeta_12"] = [[list(map(str, element)) for element in half] for half in alphabeta]
    return _text(fields | {"IC": [_from_g1(point) for point in key.ic]})


def encode_public(public: Sequence[int]) -> str:
    """The text of a public.json."""
    return _text([str(value) for value in public])


def encode_proof(proof: Proof) -> str:
    """The text of a proof.json."""
    points = {"pi_a": _from_g1(proof.a), "pi_b": _from_g2(proof.b), "pi_c": _from_g1(proof.c)}
    return _text(points | {"protocol": _PROTOCOL, "curve": _CURVE})


def _text(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


def _check_header(fields: dict[str, object], what: str) -> None:
    """Raises FormatError unless the file states Groth16 and BN254."""
    for name, expected in (("protocol", _PROTOCOL), ("curve", _CURVE)):
        if fields[name] != expected:
            raise FormatError(f"{what}: {name} is not {expected}")


def _g1(value: object, what: str) -> G1Point:
    """The point [x, y, 1]."""
    x, y, z = strictjson.has_length(value, 3, what)
    if z != "1":
        raise FormatError(f"{what}: the third coordinate is not 1")
    return bn254.g1(prime.parse(x, P, f"{what}: x"), prime.parse(y, P, f"{what}: y"), what)


def _g2(value: object, what: str) -> G2Point:
    """The point [x, y, [1, 0]]."""
    x, y, z = strictjson.has_length(value, 3, what)
    if z != ["1", "0"]:
        raise FormatError(f"{what}: the third coordinate is not [1, 0]")
    return bn254.g2(_fp2(x, f"{what}: x"), _fp2(y, f"{what}: y"), what)


def _fp2(value: object, what: str) -> bn254.Fp2:
    """The element [c0, c1]."""
    c0, c1 = strictjson.has_length(value, 2, what)
    return prime.parse(c0, P, f"{what}.c0"), prime.parse(c1, P, f"{what}.c1")


def _check_alphabeta(value: object, what: str) -> None:
    """Raises FormatError unless the value has the shape of an element of Fp12: 2 × 3 × 2 field elements."""
    for half in strictjson.has_length(value, 2, what):
        for element in strictjson.has_length(half, 3, what):
            _fp2(element, what)


def _from_g1(point: G1Point) -> list[str]:
    return [str(point.x), str(point.y), "1"]


def _from_g2(point: G2Point) -> list[list[str]]:
    return [list(map(str, point.x)), list(map(str, point.y)), ["1", "0"]]
