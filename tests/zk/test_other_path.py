"""The arithmetic and the proof system pass their tests on the other path too, with one lane or eight.

The path is chosen once, at import, so another process runs them, with its own compiled kernels.  This test starts first
(tests/conftest.py), while other workers run the rest.
"""

from pathlib import Path

from tests import other

# Code that works in steps of lanes, or builds on it.  Encodings, formats and checks of input have one path.
FILES = (
    "fields/test_fields", "fields/test_lanes_memory", "fields/test_tower", "fields/test_accumulator",
    "fields/test_fp25519", "curves/test_curves", "curves/test_curve25519", "msm/test_batch_affine",
    "msm/test_pointwise", "msm/test_pippenger", "msm/test_pippenger_adversarial", "ntt/test_ntt",
    "groth16/test_quotient", "groth16/test_prepared", "groth16/test_batch", "groth16/test_groth16",
    "hashes/test_poseidon_batch", "r1cs/test_witness", "test_pairing",
)  # fmt: skip
TIMEOUT_S = 1500


@other.NEEDED
def test_the_arithmetic_passes_its_tests_on_the_other_path_too():
    files = [Path(__file__).parent / f"{name}.py" for name in FILES]
    assert all(file.is_file() for file in files)
    printed = other.run(["-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *map(str, files)], TIMEOUT_S)
    assert "[100%]" in printed and "failed" not in printed
