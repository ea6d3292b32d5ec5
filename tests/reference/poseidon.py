"""Poseidon as in the paper: one bit of Grain at a time, every round in full.  Imports nothing of ours."""


def grain(modulus, width, full_rounds, partial_rounds):
    """(constants by round, matrix), generated bit by bit."""
    size = modulus.bit_length()
    state = []
    for value, bits in ((1, 2), (0, 4), (size, 12), (width, 12), (full_rounds, 10), (partial_rounds, 10)):
        state += [int(digit) for digit in bin(value)[2:].zfill(bits)]
    state += [1] * 30

    def step():
        new = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.pop(0)
        state.append(new)
        return new

    for _ in range(160):
        step()

    def bit():
        while step() == 0:
            step()
        return step()

    def integer():
        value = 0
        for _ in range(size):
            value = 2 * value + bit()
        return value

    constants = []
    while len(constants) < (full_rounds + partial_rounds) * width:
        value = integer()
        if value < modulus:
            constants.append(value)
    while True:
        drawn = [integer() % modulus for _ in range(2 * width)]
        x, y = drawn[:width], drawn[width:]
        if len(set(drawn)) == len(drawn) and all((a + b) % modulus for a in x for b in y):
            break
    matrix = [[pow(a + b, -1, modulus) for b in y] for a in x]
    return [constants[i : i + width] for i in range(0, len(constants), width)], matrix


def permutation(state, modulus, constants, matrix, full_rounds):
    """The state after all rounds."""
    state = list(state)
    rounds = len(constants)
    for number, added in enumerate(constants):
        state = [(x + c) % modulus for x, c in zip(state, added, strict=True)]
        if full_rounds // 2 <= number < rounds - full_rounds // 2:
            state[0] = pow(state[0], 5, modulus)
        else:
            state = [pow(x, 5, modulus) for x in state]
        state = [sum(m * x for m, x in zip(row, state, strict=True)) % modulus for row in matrix]
    return state


def hash(inputs, tag, modulus, constants, matrix, full_rounds):
    """The first element of the state after all rounds."""
    return permutation((tag, *inputs), modulus, constants, matrix, full_rounds)[0]
