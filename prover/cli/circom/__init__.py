"""snarkjs's commands: r1cs, wtns, groth16, setup, powersoftau, zkey, zkeyexport.

What a command does stands in a module of its own, which is imported when it is called: r1cs_run, wtns_run, groth16_run.
contributions is shared by the ceremonies of both phases.
"""
