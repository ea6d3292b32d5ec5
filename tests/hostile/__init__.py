"""Hostile files: .r1cs, .wtns, .zkey, .ptau, .sym, and the JSON around them; and whatever a stranger can send.

    damage            every change in one place: lengths, counts, sections, indices, elements, ends
    test_containers   each is refused with a sentence, within a second, in no more memory than the good file
    test_reading      pipes and folders, files of holes, files that change while they are read
    test_headers      headers of huge files, read without the bulk
    test_commandline  the same through the commands, before anything is compiled
    test_surroundings closed streams, signals, full disks, names that a terminal obeys, sparse keys and witnesses
    test_json         text that would cost a careless reader time or memory
    strangers         bundles, orders, addresses, sealed texts, publications, wallet files and ledgers, field by field
    mutate, fuzz      random damage for any length of time; test_corpus replays its results from corpus/

With Numba's bounds checks, a kernel that would leave an array raises instead (compilation takes minutes):

    NUMBA_BOUNDSCHECK=1 pytest tests/hostile tests/zk
    NUMBA_BOUNDSCHECK=1 python -m tests.hostile.fuzz --minutes 10

Numba checks its own indexing only.  Lanes load and store with instructions of ours: zk/fields/bounds.py checks those,
and tests/zk/fields/test_bounds.py tests the limits of both.
"""
