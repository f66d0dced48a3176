"""CUDA C to OpenCL C; translate.translate is the way in."""
