"""The runtime of kernels: cpu (lane count), kernelcache, jit (compilation), parallel (threads), profile, progress."""
