"""Setup ceremonies: many people each mix a secret into public points, and one who forgets theirs makes them safe.

chacha (numbers and points drawn from a seed, and the seed of a beacon) · knowledge (that a contributor knows the
secret).  The files: zk/formats/ptau.py.

Source: Bowe, Gabizon, Miers, "Scalable Multi-party Computation for zk-SNARK Parameters in the Random Beacon Model"
(ePrint 2017/1050).
"""
