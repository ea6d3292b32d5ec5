"""What is proved: statements, the language they are written in, and the gadgets they are made of.

Reading order: records, generators, merkle · frontend · gadgets · statements · pins, registry · samples.  Shared by
the public and the secret side, so it holds no secrets and no state.  Imports zk only.
"""
