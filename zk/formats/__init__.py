"""Files and their formats: strictjson, dataclassjson (dataclasses as JSON) · snarkjs · openfile (files that do not
change), sections (iden3's container), r1csfile, r1cswriter, r1cslabels, symbols, equations (constraints as text), wtns,
exported (both as JSON), zkeyheader, zkeyterms, zkey · pointbytes (points as ceremonies hash them), attribution,
ptaucontributions, ptau, zkeycontributions, zkeyfile (a whole .zkey for a ceremony).

For verifiers: alphabeta (a part of snarkjs's key).

Only alphabeta, pointbytes, ptaucontributions, ptau, zkeyterms and zkey import kernels.
"""
