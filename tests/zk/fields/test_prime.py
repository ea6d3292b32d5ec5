"""Field elements are parsed from canonical text and bytes, and from nothing else."""

import pytest

from tests.reference import bn254 as reference
from zk.errors import FormatError
from zk.fields import prime
from zk.fields.prime import FP, FR, P, R

BOTH = pytest.mark.parametrize("field", [FP, FR], ids=lambda field: field.name)


def test_the_moduli_are_those_of_eip_196():
    assert (P, R) == (reference.P, reference.R)


@BOTH
def test_2_to_the_two_adicity_is_the_largest_power_that_divides_p_minus_1(field):
    assert (field.modulus - 1) % (1 << field.two_adicity) == 0
    assert (field.modulus - 1) >> field.two_adicity & 1


@BOTH
def test_a_root_of_unity_is_primitive(field):
    for log_size in range(1, field.two_adicity + 1):
        root = field.root_of_unity(log_size)
        assert pow(root, 1 << (log_size - 1), field.modulus) == field.modulus - 1
    assert field.root_of_unity(0) == 1


@BOTH
def test_a_root_of_unity_that_does_not_exist_is_rejected(field):
    for log_size in (-1, field.two_adicity + 1):
        with pytest.raises(ValueError, match="has no"):
            field.root_of_unity(log_size)


@BOTH
def test_canonical_numbers_are_parsed(field):
    for value in (0, 1, 2, 2**64, field.modulus - 2, field.modulus - 1):
        assert prime.parse(str(value), field.modulus, "x") == value
        assert prime.from_bytes(prime.to_bytes(value), field.modulus, "x") == value


@BOTH
def test_a_number_that_is_not_reduced_is_rejected_by_name(field):
    for value in (field.modulus, field.modulus + 1, 2**255):
        with pytest.raises(FormatError, match="this one is not below"):
            prime.parse(str(value), field.modulus, "this one")
    for value in (field.modulus, field.modulus + 1, 2**255, 2**256 - 1):
        with pytest.raises(FormatError, match="this one is not below"):
            prime.from_bytes(prime.to_bytes(value), field.modulus, "this one")


NOT_DECIMAL = [
    "",
    "00",
    "01",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1\n",
    "1_0",
    "0x1",
    "1.0",
    "1e3",
    "٣",
    1,
    None,
    True,
    b"1",
]


@pytest.mark.parametrize("text", NOT_DECIMAL)
def test_anything_but_a_canonical_decimal_string_is_rejected(text):
    with pytest.raises(FormatError, match="not a decimal number"):
        prime.parse(text, R, "x")


def test_a_number_that_is_far_too_long_is_rejected_without_computing_it(monkeypatch):
    monkeypatch.setattr(prime, "int", lambda text: pytest.fail("it was computed"), raising=False)
    for text in ("9" * 78, "1" + "0" * 10**6):
        with pytest.raises(FormatError, match="x is not below the modulus"):
            prime.parse(text, R, "x")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_bytes_of_another_length_are_rejected(length):
    with pytest.raises(FormatError, match=f"{length} bytes instead of 32"):
        prime.from_bytes(bytes(length), R, "x")
