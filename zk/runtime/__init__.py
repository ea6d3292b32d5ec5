"""The runtime of kernels: cpu (lane count), ownership, codedigests, turns, kernelcache, linking (of inner kernels), jit
(compilation), parallel (threads), profile, progress."""
