"""Proving keys, the one way to a proof, and single proofs in files.

    keystore     the proving keys of the statements, each in a folder: keyfolder
    pipeline     the one way from inputs to a proof
    prooffile    a proof beside all that it says · proving   single proofs, made and verified
    inspection   what a statement costs, and what an input violates
"""
