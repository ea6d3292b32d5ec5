"""What kernels run on: cpu (how many lanes), kernelcache, jit (compilation), parallel (threads), profile (of phases)."""
