"""The resident prover: processes that keep keys and kernels loaded and prove for other commands of the same user.

    protocol      messages, and their encoding in a stream
    build_id      whether two processes run the same code
    endpoint      the socket in the home folder
    credentials   which user owns the process at the other end
    coredumps     no core dumps
    work          what a worker does with a request
    worker        a worker's process
    waiting       the queue in front of the workers
    worker_pool   all workers, and the queue in front of them
    server        from a connection to its answer
    serving       the service as a process
    client        asks the service; loads neither NumPy nor Numba

A client sends one request per connection and receives one answer.  Private inputs pass through the socket, the server's
memory and a worker's memory, and nowhere else: no file, log or message ever contains them.
"""
