"""CUDA kernels, each .cu file beside the Python module that launches it."""
