"""snarkjs's commands: r1cs, wtns, groth16, setup, powersoftau, zkey, zkeyexport.

The bodies are in r1cs_run, wtns_run, groth16_run, setup_run, powersoftau_run, zkey_run and zkeyexport_run, which are
imported when a command runs; groth16_prove_run first asks a prover that may run in the home.  The commands that prove
share prooffiles; both phases of a ceremony share contributions and contributions_run.
"""
