"""snarkjs's commands: r1cs, wtns, groth16, setup, powersoftau, zkey, zkeyexport.

What a command does stands in a module of its own, which is imported when it is called: r1cs_run, wtns_run, groth16_run
and, for a prover that may run in the home, groth16_prove_run.  prooffiles is shared by the commands that prove,
contributions by the ceremonies of both phases.
"""
