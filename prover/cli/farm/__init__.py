"""Proofs from many machines: the commands of workers and of who looks after the queue, and how others ask it.

    options      --queue and its companions
    worker       `zksettle prover worker`: worker_run
    queue        `zksettle prover queue`: queue_run, queue_status_run
    asking       a connection to the queue, for commands that want proofs
"""
