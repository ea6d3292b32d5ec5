"""The setup ceremony of our statements, as everybody can read and check it: a folder that is passed on, no coordinator.

    contribution   one contributor's file: its bytes, digest and signature
    start          the file that everything begins with: which statements, which powers of τ
    transcript     the folder: the chain that its files make, and what is wrong with it
    shares         between a contribution's file and a key
    verifying      the same keys worked out again from our circuits and the powers, contribution by contribution

Reading and signatures need no kernel.  Contributing, which handles secrets, is prover/ceremony.
"""
