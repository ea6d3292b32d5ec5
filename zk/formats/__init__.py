"""The files of other provers: strict (how JSON is read), snarkjs · sections (iden3's container), r1csfile, r1cslabels,
symbols, wtns, zkeyheader, zkeyterms, zkey · pointbytes (points as ceremonies hash them), attribution,
ptaucontributions, ptau.

Contracts that verify: solidity, vyper, and calldata to call them.

Only pointbytes, ptaucontributions, ptau, zkeyterms and zkey import kernels.
"""
