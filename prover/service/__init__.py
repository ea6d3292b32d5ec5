"""The resident prover: processes that keep keys and kernels loaded and prove for other commands of the same user.

    protocol   messages, and how they stand in a stream of bytes · build_id   whether two processes run the same code
    endpoint      the socket in the home folder · credentials   whose process is at the other end · coredumps   no core dumps
    work       what a worker does with a request · worker   its process · worker_pool   all of them and the queue before them
    server     from a connection to its answer · serving   all of it as a process
    client     asking, which loads neither NumPy nor Numba

A client sends one request on a connection and gets one answer.  Private inputs go through the socket, the server's
memory and a worker's memory, and nowhere else: no file, no log and no sentence ever holds them.
"""
