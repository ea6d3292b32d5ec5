"""snarkjs's commands: r1cs, wtns, groth16, setup, powersoftau, zkey, zkeyexport.

The bodies are in r1cs_run, wtns_run, groth16_run, setup_run, powersoftau_run, zkey_run and zkeyexport_run, which are
imported when a command runs; groth16_prove_run is for a prover that may run in the home.  prooffiles is shared by the
commands that prove, contributions and contributions_run by both phases of a ceremony.
"""
