"""circom's circuits: witnesses, proving keys and proofs.

    inputs, sandbox, messages, wasm_memory, calculator   a witness, calculated by circom's own program in a sandbox
    siblings, circuit, checking                          a witness, checked against the constraints
    keycache, proofs                                     a .zkey, opened quickly, and a proof under it
"""
