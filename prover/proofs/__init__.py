"""Proving keys, the pipeline that makes proofs, and single proofs in files.

    keystores    the proving keys of the statements, each in a folder: keyfolder
    together     several proofs under one key at once
    pipeline     the only way from inputs to a verified proof
    purposes     what a proof is for: where many wait, the more urgent ones are made first
    nearby       the newest witnesses, from which the next proofs begin
    prooffile    a proof with its statement, inputs and key, as a file
    proving      makes and verifies such files
    inspection   the size of a statement, and the constraint that an input violates
"""
