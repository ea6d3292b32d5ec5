"""A thief forges a withdrawal under a key with delta = ±gamma and empties the ledger, unless there is no such key.

    e(A, B) = e(α, β) · e(Σ x_j ic_j, γ) · e(C, δ)

With δ = ±γ the last two factors are e(Σ x_j ic_j ± C, γ), so A = α, B = β, C = ∓Σ x_j ic_j proves anything.  A setup
that skips its second phase leaves δ = γ.  δ = -γ is as bad, and easier to overlook.
"""

from dataclasses import astuple, replace

import pytest

from settlement import engine
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.pool import poolfile
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from zk.curves import bn254
from zk.errors import FormatError, InvalidProof
from zk.groth16 import keys, second_opinion
from zk.groth16.keys import Proof, VerifyingKey


def unfinished(sign: int) -> VerifyingKey:
    """A key with delta = sign · gamma, made behind the back of the constructor, which refuses it."""
    key = replace(samples.LEG_KEY.verifying)
    object.__setattr__(key, "delta_g2", key.gamma_g2 if sign > 0 else bn254.negate(key.gamma_g2))
    return key


def forge(key: VerifyingKey, public: tuple[int, ...], sign: int) -> Proof:
    total = key.ic[0]
    for value, point in zip(public, key.ic[1:], strict=True):
        total = bn254.add(total, bn254.multiply(value, point))
    return Proof(key.alpha_g1, key.beta_g2, bn254.negate(total) if sign > 0 else total)


def py_ecc(items: list) -> None:
    """Real verification, by a library that is not ours and takes any key."""
    for index, item in enumerate(items):
        try:
            second_opinion.verify(*item)
        except InvalidProof as error:
            raise InvalidProof(str(error), index) from None


def steal(ledger: Ledger, sign: int) -> bytes:
    """A withdrawal of 100 from an account that does not exist."""
    one = make(ledger, change(USDC=-100), [samples.flow(0, -100, b"thief")])
    proof = forge(ledger.pool.leg.verifying, astuple(one.leg.public), sign)
    return encoding.encode_bundle(bind(ledger.ledger_id, replace(one, leg=replace(one.leg, proof=proof))))


@pytest.mark.parametrize("sign", [1, -1])
def test_such_a_key_is_refused_because_the_ledger_of_its_pool_could_be_emptied(tmp_path, monkeypatch, sign):
    weak = replace(samples.LEG_KEY, verifying=unfinished(sign))
    with pytest.raises(FormatError, match="delta = ±gamma"):
        replace(weak.verifying)

    known = [weak.verifying, *(other.verifying for other in samples.KEYS[1:])]
    by_bytes = {keys.encode_verifying_key(key): key for key in known}
    monkeypatch.setattr(keys, "decode_verifying_key", lambda data, what="": by_bytes[data])
    with Ledger.create(tmp_path / "ledger.sqlite", replace(samples.pool(), leg=weak), NOW_MS) as ledger:
        honest = encoding.encode_bundle(samples.deposit(ledger, 100))
        engine.submit(ledger, honest, NOW_MS, any_proof)
        engine.submit(ledger, steal(ledger, sign), NOW_MS, py_ecc)
        assert set(ledger.reader.reserves().values()) == {0}


def test_under_a_sound_key_the_same_forgery_is_an_invalid_proof(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as ledger:
        engine.submit(ledger, encoding.encode_bundle(samples.deposit(ledger, 100)), NOW_MS, any_proof)
        for sign in (1, -1):
            with pytest.raises(Rejected) as refused:
                engine.submit(ledger, steal(ledger, sign), NOW_MS, py_ecc)
            assert refused.value.rejection is Rejection.INVALID_PROOF


def test_the_bytes_of_a_pool_with_such_a_key_are_refused():
    data = poolfile.encode(samples.pool())
    key = samples.LEG_KEY.verifying
    for gamma in (key.gamma_g2, bn254.negate(key.gamma_g2)):
        weak = data.replace(bn254.encode_g2(key.delta_g2).hex().encode(), bn254.encode_g2(gamma).hex().encode())
        assert weak != data
        with pytest.raises(FormatError, match="gamma"):
            poolfile.decode(weak)
