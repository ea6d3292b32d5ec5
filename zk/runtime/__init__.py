"""The runtime of kernels: cpu (lane count), ownership, codedigests, turns, kernelcache, jit (compilation), parallel
(threads), profile, progress."""
