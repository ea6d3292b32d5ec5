"""The table: which file is changed, how, and the sentence that refuses it.

Every malformed point is tried at every place that has a point.  `numbers` holds what the same lie is in other formats.
"""

import json
from dataclasses import dataclass

from tests.strict import forms, lies
from tests.strict.forms import At, Change, Text, Whole
from tests.strict.lies import NOT_BELOW, NOT_NUMBERS
from zk.curves import bn254
from zk.formats import snarkjs, strictjson
from zk.groth16 import keys

NOT_DECIMAL = "is not a decimal number written as a string"
NOT_REDUCED = "is not below the modulus"


@dataclass(frozen=True)
class Case:
    """A lie.  `field` is the point or input that it changes, by its name in the bytes of a proof or a key."""

    name: str
    file: str
    change: Change
    sentence: str
    field: str = ""
    numbers: tuple[int, ...] = ()  # the false coordinates of the point, or the false public input


def _points() -> list[Case]:
    """Every lie about every point."""
    key, proof = forms.key(), forms.proof()
    places = [("proof", "pi_a", "a", proof.a), ("proof", "pi_b", "b", proof.b), ("proof", "pi_c", "c", proof.c)]
    places += [("key", "vk_alpha_1", "alpha", key.alpha_g1)]
    places += [("key", f"vk_{name}_2", name, getattr(key, f"{name}_g2")) for name in ("beta", "gamma", "delta")]
    places += [("key", f"IC {i}", f"ic {i}", point) for i, point in enumerate(key.ic)]
    cases = []
    for file, name, field, point in places:
        path = ("IC", int(name[3:])) if name.startswith("IC") else (name,)
        what = f"the {'verification key' if file == 'key' else file}: {name}"
        for lie in lies.of(point):
            change = At(path, forms.point(lie.coordinates))
            cases.append(Case(f"{name}: {lie.name}", file, change, f"{what}.*{lie.said}", field, lie.coordinates))
    return cases


_NUMBERS = [  # the path of a number, its name in the sentence, and its modulus
    ("public", (0,), "public input 0", "r"),
    ("public", (1,), "public input 1", "r"),
    ("proof", ("pi_a", 0), "the proof: pi_a: x", "p"),
    ("proof", ("pi_b", 1, 0), "the proof: pi_b: y.c0", "p"),
    ("key", ("vk_delta_2", 0, 1), "the verification key: vk_delta_2: x.c1", "p"),
    ("key", ("IC", 2, 1), "the verification key: IC 2: y", "p"),
    ("key", ("vk_alphabeta_12", 1, 2, 0), "the verification key: vk_alphabeta_12.c0", "p"),
]


def _numbers() -> list[Case]:
    """Every string that is not a number and every number that is too large, in every kind of place."""
    cases = []
    for file, path, what, modulus in _NUMBERS:
        for value in NOT_NUMBERS:
            cases.append(Case(f"{what} = {value!r:.20}", file, At(path, value), f"{what} {NOT_DECIMAL}"))
        for value in NOT_BELOW[modulus]:
            field = what if file == "public" and value < 2**256 else ""
            change = At(path, str(value))
            name = f"{what} = {str(value)[:9]}… of {len(str(value))} digits"
            cases.append(Case(name, file, change, f"{what} {NOT_REDUCED}", field, (value,)))
    return cases


def _shapes() -> list[Case]:
    """Values that do not have the shape of a point, a list or an object."""
    proof, key = "the proof", "the verification key"
    rows = [
        ("proof", At(("pi_a", 2), "2"), f"{proof}: pi_a: the third coordinate is not 1"),
        ("proof", At(("pi_a", 2), 1), f"{proof}: pi_a: the third coordinate is not 1"),
        ("proof", At(("pi_a",), ["0", "1", "0"]), f"{proof}: pi_a: the third coordinate is not 1"),
        ("proof", At(("pi_c", 2), "01"), f"{proof}: pi_c: the third coordinate is not 1"),
        ("proof", At(("pi_b", 2), ["0", "1"]), f"{proof}: pi_b: the third coordinate is not \\[1, 0\\]"),
        ("proof", At(("pi_b", 2), ["2", "0"]), f"{proof}: pi_b: the third coordinate is not \\[1, 0\\]"),
        ("proof", At(("pi_b",), [["0", "0"], ["1", "0"], ["0", "0"]]), f"{proof}: pi_b: the third coordinate"),
        ("proof", At(("pi_b", 2), "1"), f"{proof}: pi_b: the third coordinate is not \\[1, 0\\]"),
        ("key", At(("vk_alpha_1", 2), "2"), f"{key}: vk_alpha_1: the third coordinate is not 1"),
        ("key", At(("vk_gamma_2", 2, 1), "1"), f"{key}: vk_gamma_2: the third coordinate is not \\[1, 0\\]"),
        ("key", At(("IC", 0, 2), "0"), f"{key}: IC 0: the third coordinate is not 1"),
        ("proof", At(("pi_a", 2), ...), f"{proof}: pi_a has 2 entries instead of 3"),
        ("proof", At(("pi_a", 3), "1"), f"{proof}: pi_a has 4 entries instead of 3"),
        ("proof", At(("pi_a",), "1"), f"{proof}: pi_a is not a list"),
        ("proof", At(("pi_b", 0), ["1"]), f"{proof}: pi_b: x has 1 entries instead of 2"),
        ("proof", At(("pi_b", 1), {"0": "1", "1": "2"}), f"{proof}: pi_b: y is not a list"),
        ("key", At(("vk_alphabeta_12", 1), ...), f"{key}: vk_alphabeta_12 has 1 entries instead of 2"),
        ("key", At(("vk_alphabeta_12", 0), [["1", "2"]]), f"{key}: vk_alphabeta_12 has 1 entries instead of 3"),
        ("key", At(("IC",), {}), f"{key}: IC is not a list"),
        ("public", Whole(b'{"0": "1"}'), "the list of public inputs is not a list"),
        ("public", Whole(b'"1"'), "the list of public inputs is not a list"),
        ("public", At((0,), ["1"]), f"public input 0 {NOT_DECIMAL}"),
        ("proof", Whole(b"[]"), f"{proof} is not an object"),
        ("key", Whole(b"null"), f"{key} is not an object"),
    ]
    return [_named(*row) for row in rows]


def _keys() -> list[Case]:
    """Keys of objects that are missing, unknown or repeated; and protocol and curve with other values."""
    rows = []
    for file, what, names in (
        ("proof", "the proof", ["pi_a", "pi_b", "pi_c", "protocol", "curve"]),
        ("key", "the verification key", list(json.loads(forms.honest()["key"]))[:-1]),
    ):
        rows += [(file, At((name,), ...), f"{what} has no {name}") for name in names]
        rows += [(file, At((name,), None), f"{what}") for name in names]
        rows.append((file, At(("pi_d",), ["1", "2", "1"]), f"{what} has the unknown key 'pi_d'"))
        rows.append((file, At(("Curve",), "bn128"), f"{what} has the unknown key 'Curve'"))
        rows.append((file, Text("{", '{"curve": "bn128", '), f"{what} has the key 'curve' twice"))
        rows.append((file, Text("{", '{"cur\\u0076e": "bn128", '), f"{what} has the key 'curve' twice"))
        for name, right, values in (
            ("protocol", "groth16", ("plonk", "Groth16", 1)), ("curve", "bn128", ("bls12381", "bn254", ["bn128"])),
        ):  # fmt: skip
            rows += [(file, At((name,), value), f"{what}: {name} is not {right}") for value in values]
    return [_named(*row) for row in rows]


def _counts() -> list[Case]:
    """Counts that contradict the lists."""
    key, limit = "the verification key", f"nPublic is not an integer from 0 to {keys.MAX_PUBLIC}"
    ic = json.loads(forms.honest()["key"])["IC"]
    rows = [
        ("key", At(("nPublic",), 1), f"{key}: IC has 3 entries instead of 2"),
        ("key", At(("nPublic",), 3), f"{key}: IC has 3 entries instead of 4"),
        ("key", At(("IC",), ic[:2]), f"{key}: IC has 2 entries instead of 3"),
        ("key", At(("IC",), [*ic, ic[0]]), f"{key}: IC has 4 entries instead of 3"),
        ("key", At(("IC",), []), f"{key}: IC has 0 entries instead of 3"),
        *(("key", At(("nPublic",), value), f"{key}: {limit}") for value in ("2", True, None, [2], -1, 65_537, 10**70)),
        ("key", Text('"nPublic": 2', '"nPublic": 2.0'), f"{key} has a number with a fraction or an exponent"),
        ("key", Text('"nPublic": 2', '"nPublic": 2e0'), f"{key} has a number with a fraction or an exponent"),
        ("key", Text('"nPublic": 2', '"nPublic": -0'), f"{key} has the number -0"),
        ("key", Text('"nPublic": 2', f'"nPublic": {"2" * 81}'), f"{key} has a number of 81 digits"),
        ("public", Whole(b"[]"), "the list of public inputs has 0 entries instead of 2"),
        ("public", At((1,), ...), "the list of public inputs has 1 entries instead of 2"),
        ("public", At((2,), "0"), "the list of public inputs has 3 entries instead of 2"),
    ]
    return [_named(*row) for row in rows]


def _unsound() -> list[Case]:
    """Keys with valid points under which anybody could forge proofs."""
    key = forms.key()
    rows = [
        ("delta", key.gamma_g2, "phase 2 never run"),
        ("delta", bn254.negate(key.gamma_g2), "delta = -gamma"),
        ("gamma", key.delta_g2, "gamma = delta"),
        ("gamma", bn254.negate(key.delta_g2), "gamma = -delta"),
    ]
    sentence = "the verifying key has delta = ±gamma"
    return [
        Case(name, "key", At((f"vk_{field}_2",), forms.point(lies.flat(point))), sentence, field, lies.flat(point))
        for field, point, name in rows
    ]


def _texts() -> list[Case]:
    """Text that is not strict JSON, in every file."""
    cases = []
    whats = {"key": "the verification key", "public": "the list of public inputs", "proof": "the proof"}
    limits = {"key": snarkjs.MAX_BYTES, "public": snarkjs.MAX_BYTES, "proof": snarkjs.MAX_PROOF_BYTES}
    for file, what in whats.items():
        deep = b"[" * (strictjson.MAX_DEPTH + 1)
        rows = [
            (Whole(b""), f"{what} is not JSON"),
            (Whole(b"{"), f"{what} is not JSON"),
            (lambda data: data + b"x", f"{what} is not JSON"),
            (lambda data: data + data, f"{what} is not JSON"),
            (lambda data: b"\xef\xbb\xbf" + data, f"{what} is not JSON"),
            (lambda data: data.replace(b'"', b"'"), f"{what} is not JSON"),
            (lambda data: data.decode().encode("utf-16"), f"{what} is not UTF-8"),
            (Whole(b'["\xff"]'), f"{what} is not UTF-8"),
            (Whole(b"[NaN]"), f"{what} has a number with a fraction"),
            (Whole(b"[Infinity]"), f"{what} has a number with a fraction"),
            (Whole(b"[1.0]"), f"{what} has a number with a fraction"),
            (Whole(deep), f"{what} nests deeper than {strictjson.MAX_DEPTH}"),
            (Whole(b'{"a":' * len(deep)), f"{what} nests deeper than {strictjson.MAX_DEPTH}"),
            (Whole(b" " * (limits[file] + 1)), f"{what} has {limits[file] + 1} bytes, and {limits[file]} is the limit"),
        ]
        cases += [Case(f"{what}: {i}: {said[:40]}", file, change, said) for i, (change, said) in enumerate(rows)]
    many = Whole(json.dumps(["0"] * (keys.MAX_PUBLIC + 1)).encode())
    return [*cases, Case("too many inputs", "public", many, "the list of public inputs has 65537 entries")]


def _named(file: str, change: Change, sentence: str) -> Case:
    return Case(f"{file}: {change!r:.60}: {sentence}", file, change, sentence)


CASES = [*_points(), *_numbers(), *_shapes(), *_keys(), *_counts(), *_unsound(), *_texts()]
NAMES = [case.name for case in CASES]
