"""EdDSA-Poseidon: circomlib accepts our signatures, we accept circomlib's, and changed ones are invalid."""

import hashlib
import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests import node
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import R
from zk.signature import Signature

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "circomlibjs.json").read_text())["eddsa"]
BASES = [BASE8, babyjubjub.hash_to_curve(b"another base")]
ORDER_TWO = (0, R - 1)


def ints(pair):
    return int(pair[0]), int(pair[1])


def from_circomlib(vector):
    return ints(vector["public"]), int(vector["message"]), Signature(ints(vector["r"]), int(vector["s"]))


@pytest.mark.parametrize("vector", VECTORS)
def test_circomlibs_signatures_are_valid_for_their_message_only(vector):
    key, message, signed = from_circomlib(vector)
    signature.verify(key, message, signed)
    with pytest.raises(InvalidProof, match="does not verify"):
        signature.verify(key, message + 1, signed)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("secret", [1, 2, 12345, ORDER - 1])
@pytest.mark.parametrize("message", [0, 1, R - 1])
def test_a_signature_is_valid_for_its_base_only(base, secret, message):
    signed = signature.sign(secret, message, base)
    signature.verify(signature.public(secret, base), message, signed, base)
    other = BASES[1 - BASES.index(base)]
    with pytest.raises(InvalidProof):
        signature.verify(signature.public(secret, base), message, signed, other)


def test_every_signature_has_a_fresh_nonce():
    first, second = (signature.sign(7, 9) for _ in range(2))
    assert first.r != second.r


def stuck(monkeypatch, value=bytes(32)):
    """A source of randomness that gives the same bytes again, as that of a machine restored to an earlier state."""
    monkeypatch.setattr(entropy, "token", lambda length: value[:length])


def test_no_two_messages_secrets_or_bases_share_a_nonce_even_without_fresh_randomness(monkeypatch):
    stuck(monkeypatch)
    nonces = {signature._nonce(*signing) for signing in product([3, 4], [8, 9], BASES)}
    assert len(nonces) == 8
    first, second = signature.sign(3, 8), signature.sign(3, 9)
    assert first.r != second.r and signature.sign(3, 8) == first
    stuck(monkeypatch, b"another 32 bytes of fresh random")
    assert signature.sign(3, 8) != first


def test_a_nonce_is_the_hash_of_randomness_secret_base_and_message(monkeypatch):
    stuck(monkeypatch, bytes(range(32)))
    parts = (b"zksettle/signature/nonce", bytes(range(32)), *(n.to_bytes(32, "big") for n in (3, *BASE8, 8)))
    data = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    nonce = int.from_bytes(hashlib.sha512(data).digest(), "big") % ORDER
    assert signature.sign(3, 8).r == babyjubjub.multiply(nonce, BASE8)


HONEST = signature.sign(99, 5)
KEY = signature.public(99)


@pytest.mark.parametrize(
    "key, message, signed, why",
    [
        (KEY, 5, replace(HONEST, s=HONEST.s + ORDER), "below the group order"),
        (KEY, 5, replace(HONEST, s=ORDER), "below the group order"),
        (KEY, 5, replace(HONEST, s=0), "does not verify"),
        (KEY, 5, replace(HONEST, s=-1), "below the group order"),
        (KEY, 5, replace(HONEST, s=(HONEST.s + 1) % ORDER), "does not verify"),
        (KEY, 5, replace(HONEST, r=babyjubjub.add(HONEST.r, BASE8)), "does not verify"),
        (KEY, 5, replace(HONEST, r=babyjubjub.add(HONEST.r, ORDER_TWO)), "does not verify"),
        (KEY, 5, replace(HONEST, r=(HONEST.r[0] + R, HONEST.r[1])), "does not verify"),
        (KEY, 5, replace(HONEST, r=IDENTITY), "R is the identity"),
        (KEY, 5, replace(HONEST, r=(1, 1)), "does not verify"),
        (babyjubjub.add(KEY, ORDER_TWO), 5, HONEST, "key is not in the subgroup"),
        (IDENTITY, 5, HONEST, "key is the identity"),
        (signature.public(98), 5, HONEST, "does not verify"),
        (KEY, 6, HONEST, "does not verify"),
        (KEY, R, HONEST, "message"),
        (KEY, 5 + R, HONEST, "message"),
        (KEY, -1, HONEST, "message"),
    ],
)
def test_a_changed_signature_is_invalid_for_its_own_reason(key, message, signed, why):
    signature.verify(KEY, 5, HONEST)
    with pytest.raises(InvalidProof, match=why):
        signature.verify(key, message, signed)


@pytest.mark.parametrize("secret, message", [(0, 1), (ORDER, 1), (-1, 1), (1, R), (1, -1)])
def test_a_secret_or_message_out_of_range_is_refused(secret, message):
    with pytest.raises(ValueError, match="must be in"):
        signature.sign(secret, message)


def test_decoding_inverts_encoding():
    assert signature.decode(signature.encode(HONEST), "signature") == HONEST


def words(x, y, s):
    return b"".join(value.to_bytes(32, "big") for value in (x, y, s))


@pytest.mark.parametrize(
    "data, why",
    [
        (signature.encode(HONEST)[:-1], "95 bytes"),
        (words(*HONEST.r, ORDER), "signature: s"),
        (words(R, HONEST.r[1], 1), "signature: R is not below"),
        (words(HONEST.r[0], HONEST.r[1] ^ 1, 1), "signature: R is not on"),
        (words(*GENERATOR, 1), "signature: R is not in the subgroup"),
        (words(*IDENTITY, 1), "signature: R is the identity"),
    ],
    ids=["length", "s", "not below", "not on", "not in the subgroup", "the identity"],
)
def test_malformed_signatures_are_refused(data, why):
    with pytest.raises(FormatError, match=why):
        signature.decode(data, "signature")


def test_circomlibjs_accepts_our_signatures_for_their_message_only():
    inputs = (3, 0), (ORDER - 2, R - 1)
    signatures = [(secret, message, signature.sign(secret, message)) for secret, message in inputs]
    script = """
        require("circomlibjs").buildEddsa().then((eddsa) => {
          const F = eddsa.babyJub.F;
          const point = (p) => [F.e(p[0]), F.e(p[1])];
          const verdicts = JSON.parse(process.argv[1]).map(([key, message, r, s]) =>
            [0n, 1n].map((added) => eddsa.verifyPoseidon(
              F.e(BigInt(message) + added), { R8: point(r), S: BigInt(s) }, point(key))));
          console.log(JSON.stringify(verdicts));
          process.exit(0);
        });
    """
    cases = [
        [[str(c) for c in signature.public(secret)], str(message), [str(c) for c in signed.r], str(signed.s)]
        for secret, message, signed in signatures
    ]
    assert json.loads(node.run(script, json.dumps(cases))) == [[True, False], [True, False]]
