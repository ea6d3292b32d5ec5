"""Files that somebody built to do harm: .r1cs, .wtns, .zkey and .ptau, .sym, and the JSON around them.

    damage          every change in one place: lengths, counts, sections, indices, elements, ends
    test_containers each of them refused by a sentence, in a second, in no more memory than the good file
    test_reading    pipes and folders, files of holes, files that change while they are read
    test_commandline  the same by way of the commands, before anything is compiled
    test_surroundings  closed streams, signals, full disks, names that a terminal obeys, sparse keys and witnesses
    test_json       text that would cost a careless reader time or memory
    mutate, fuzz    random damage for as long as wanted; what it kept is in corpus/, replayed by test_corpus

With Numba's bounds checks on, where a kernel that would leave an array raises instead (it takes minutes to compile):

    NUMBA_BOUNDSCHECK=1 pytest tests/hostile tests/zk
    NUMBA_BOUNDSCHECK=1 python -m tests.hostile.fuzz --minutes 10

Numba checks what it indexes itself.  What the lanes load and store are instructions of our own, which it does not see:
zk/fields/bounds.py checks those, and tests/zk/fields/test_bounds.py looks at the limits of both.
"""
