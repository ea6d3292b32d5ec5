"""The arithmetic and the proof system pass their tests on the other path too, with one lane or eight.

The path is chosen once, at import, so another process runs them, with its own compiled kernels.  This test starts first
(tests/conftest.py), while other workers run the rest.
"""

from pathlib import Path

from tests import other

# Code that works in steps of lanes, or builds on it.  Encodings, formats and checks of input have one path, and so do
# operations on one element: their kernels are the same on both.
TESTS = (
    "fields/test_fields.py", "fields/test_lanes_memory.py", "fields/test_accumulator.py",
    "fields/test_tower.py::test_lazy_values_in_lanes_agree_with_polynomials",
    "fields/test_tower.py::test_lanes_have_inverses_and_conjugates_and_zero_stays_zero",
    "curves/test_curves.py::test_the_sum_of_each_group_is_right",
    "curves/test_curves.py::test_multiples_of_the_generator_are_right",
    "curves/test_curves.py::test_multiples_from_several_tasks_come_back_in_order",
    "curves/test_curve25519.py", "curves/test_manypoints.py", "msm/test_group_sums.py", "msm/test_interleaved.py",
    "msm/test_pointwise.py", "msm/test_weighted_sums.py", "msm/test_pippenger.py", "msm/test_pippenger_adversarial.py",
    "msm/test_recoding.py", "ntt/test_ntt.py",
    "groth16/test_quotient.py", "groth16/test_prepared.py", "groth16/test_batch.py", "groth16/test_groth16.py",
    "hashes/test_poseidon_batch.py", "r1cs/test_sparse.py", "r1cs/test_witness.py",
    "test_pairing.py",
)  # fmt: skip
TIMEOUT_S = 1500


@other.needed
def test_the_arithmetic_passes_its_tests_on_the_other_path_too():
    tests = [str(Path(__file__).parent / name) for name in TESTS]
    printed = other.run(["-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests], TIMEOUT_S)
    assert "[100%]" in printed and "failed" not in printed
