from zk.fields.prime import R
from zk.formats import r1cstext
from zk.r1cs import r1cs

NAMES = ["1", "main.a", "main.b[0]", "wire 3"]
SYSTEM = r1cs.R1CS(
    R, 4, 1,
    r1cs.matrix([[(1, R - 1)], [], [(0, 5), (1, R - 2), (2, 1), (3, 7)]]),
    r1cs.matrix([[(2, 1)], [], [(0, R - 1)]]),
    r1cs.matrix([[(3, 3)], [(1, 1), (2, R - 1)], [(0, 1)]]),
)  # fmt: skip
TEXTS = [
    "[ -main.a ] * [ main.b[0] ] - [ 3*wire 3 ] = 0",
    "[ 0 ] * [ 0 ] - [ main.a -main.b[0] ] = 0",
    "[ 5 -2*main.a +main.b[0] +7*wire 3 ] * [ -1 ] - [ 1 ] = 0",
]


def test_constraints_are_written_with_signs_and_names():
    assert list(r1cstext.constraints(SYSTEM, NAMES)) == TEXTS
    assert [r1cstext.constraint(SYSTEM, index, NAMES) for index in range(3)] == TEXTS


def test_a_long_combination_is_cut_and_says_so():
    text = "[ 5 -2*main.a and 2 more terms ] * [ -1 ] - [ 1 ] = 0"
    assert r1cstext.constraint(SYSTEM, 2, NAMES, max_terms=2) == text
    assert r1cstext.constraint(SYSTEM, 2, NAMES, max_terms=4) == TEXTS[2]
