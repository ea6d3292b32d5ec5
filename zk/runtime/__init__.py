"""What kernels run on: cpu (how many lanes), kernelcache, jit (compilation), parallel (threads), profile (of phases).

progress is how long work reports how far it is.
"""
