"""snarkjs's commands: r1cs, wtns, groth16, setup, powersoftau, zkey, zkeyexport; contributions is shared by ceremonies."""
