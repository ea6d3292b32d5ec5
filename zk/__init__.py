"""Mathematics and the proof system: fields, curves, hashes, Groth16.  Knows nothing about money.

Reading order: errors, entropy, width, jit, phases, parallel · fields · endomorphism · curves · pairing · digits,
multiples, msm, membership, fixed_base · butterflies, roots, sweeps, ntt, polynomial, grouptransform · r1cs, witness,
sparse, columns · hashes, signature · groth16 · formats · ceremony · loops, which only benchmarks run.
Imports nothing of circuits, settlement or prover.
"""
