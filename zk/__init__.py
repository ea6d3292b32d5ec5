"""Mathematics and the proof system: fields, curves, hashes, Groth16.  Knows nothing about money.

Reading order: errors, entropy, width, jit, phases, parallel · fields · curves · pairing · digits, multiples, endomorphism,
msm, membership, fixed_base · ntt, roots, sweeps, butterflies, polynomial, sparse · hashes, signature · r1cs, witness ·
groth16 · formats · loops, which only benchmarks run.  Imports nothing of circuits, settlement or prover.
"""
