"""PyCUDA's modules for a machine without a GPU: the same names, on any processor.

    autoinit, compiler, cumath, curandom, driver, elementwise, gpuarray, reduction,
    scan, tools     have PyCUDA's names and no others
    translator/     makes OpenCL C of CUDA C
    pocl            compiles and launches that, through PyOpenCL and PoCL
    memcheck        finds wrong accesses to memory
    record          what threads access at once, from what memcheck has recorded

Chapter: docs/cuda/without-a-gpu.md.  To copy: this folder (needs numpy, pyopencl and
pocl-binary-distribution).
"""
