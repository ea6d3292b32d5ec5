"""The files of other provers: strict (how JSON is read), snarkjs · sections (iden3's container), wtns, zkeyterms, zkey.

Only zkey and zkeyterms import kernels.
"""
