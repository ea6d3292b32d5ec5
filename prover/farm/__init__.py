"""Proofs from many machines: a queue of proving jobs in a PostgreSQL database, and the workers that empty it.

    jobs         what is asked of the queue, and what comes back
    farmkey      the farm's keys, and the identity of a worker
    pins         which farm's key a home has used before
    sealing      inputs that only the workers can open
    session      a connection to the queue's database
    schema       its tables
    keycontents  a proving key as a list of files
    keyshelf     keys in the database, and on a worker's disk
    keysweep     which keys the database need not keep
    claiming     what a worker does to the tables
    proving      from opened inputs to verified proofs
    batch        one claim's jobs, from sealed inputs to signed proofs
    herald       what a worker does beside proving
    worker       a worker
    evidence     a worker's signature under a proof, and what shows that it lied
    accusing     the evidence that lies in the database
    asking       what a submitter does to the tables
    line         a session that is opened again when it is lost
    submitter    submits jobs, and verifies what comes back
    client       what a keystore, and who has circom's files, ask of it
    opening      makes a queue
    control      what an operator sees and does
    metrics      what a worker counts, for Prometheus

Time is that of the database.  Whoever can write to the database can stop the queue or empty it; reading a witness takes
the farm's file, and so does a result that submitters take.  They pay attention to neither keys nor accusations from
there without checking them.
"""
