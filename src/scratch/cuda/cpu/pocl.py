"""PoCL, a compiler that runs OpenCL C on the CPU: find it, build with it, launch.

    >>> import numpy as np
    >>> double = build('''__kernel void launch_double(ulong x)
    ... {
    ...     ((float *)x)[get_global_id(0)] *= 2;
    ... }''')["launch_double"]
    >>> x = np.arange(4, dtype=np.float32)
    >>> launch(double, (2, 1, 1), (2, 1, 1), np.uint64(x.ctypes.data))
    >>> x
    array([0., 2., 4., 6.], dtype=float32)

Addresses are passed as plain numbers: the "device" is the processor that Python runs
on, and its memory is ours.  What a kernel prints goes to sys.stdout, so that notebooks
and tests see it.

Where it bites: a kernel that writes far outside its arrays crashes Python; a launch
returns when it is done; one launch runs at a time.
"""

import contextlib
import ctypes
import importlib.util
import os
import sys
import tempfile
import threading
import warnings

from . import old_pocl

INSTRUCTIONS = """no way to run CUDA C here.

With an NVIDIA GPU:   pip install pycuda          (needs the CUDA toolkit)
Without one:          pip install pyopencl pocl-binary-distribution
or, with Debian's or Ubuntu's PoCL:   apt install pocl-opencl-icd; pip install pyopencl
"""
STACK = 1 << 29     # bytes, mapped when they are used: 512 kB a thread, 1,024 threads
VENDORS = "/etc/OpenCL/vendors"     # where a distribution registers its PoCL


class NoEngine(ImportError):
    """Neither a GPU with PyCUDA nor PyOpenCL with PoCL was found."""


class BuildError(Exception):
    """PoCL could not compile a program; the text is its log."""


class Engine:
    """A device, a context and a queue, made at the first use."""

    def __init__(self):
        if importlib.util.find_spec("pocl_binary_distribution") is None and (
                os.path.isdir(VENDORS)):
            os.environ.setdefault("OCL_ICD_VENDORS", VENDORS)
        try:
            import pyopencl
        except ImportError as error:
            raise NoEngine(f"{INSTRUCTIONS}\n(import pyopencl: {error})") from None
        self.cl = pyopencl
        with large_stacks():
            self.device = self.find_device(pyopencl)
            self.context = pyopencl.Context([self.device])
            self.queue = pyopencl.CommandQueue(self.context)
        self.lock = threading.RLock()
        self.kept = []

    def find_device(self, pyopencl):
        """The processor, as PoCL's device; NoEngine if there is no PoCL."""
        try:
            platforms = pyopencl.get_platforms()
        except pyopencl.Error:
            platforms = []
        devices = [device for platform in platforms
                   if "Portable Computing Language" in platform.name
                   for device in platform.get_devices()
                   if device.type & pyopencl.device_type.CPU]
        if not devices:
            raise NoEngine(f"{INSTRUCTIONS}\n(PyOpenCL is here, and finds no PoCL)")
        return devices[0]


@contextlib.contextmanager
def large_stacks(size=STACK):
    """Threads that are started inside have stacks of that many bytes, with glibc.

    PoCL's threads have the arrays of all threads of a block on their stack.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "pthread_setattr_default_np"):
        yield
        return
    before, large = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
    libc.pthread_getattr_default_np(before)
    libc.pthread_attr_init(large)
    libc.pthread_attr_setstacksize(large, ctypes.c_size_t(size))
    libc.pthread_setattr_default_np(large)
    try:
        yield
    finally:
        libc.pthread_setattr_default_np(before)


engine = None


def get_engine():
    """The one Engine; NoEngine, with what to install, if there can be none."""
    global engine
    if engine is None:
        engine = Engine()
    return engine


def build(text, options=()):
    """OpenCL C -> {name: kernel}.  BuildError with the compiler's log."""
    here = get_engine()
    options = ["-cl-std=CL1.2", *options]
    with here.lock:
        try:
            program = compiled(here, text, options)
        except BuildError as error:
            old = (old_pocl.FAILURE in str(error)
                   and old_pocl.applies(here.device.platform.version))
            if not old or not old_pocl.name_processor(here.device):
                raise
            program = compiled(here, text, options)
        return {kernel.function_name: kernel for kernel in program.all_kernels()}


def compiled(here, text, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with quiet_errors():
            try:
                return here.cl.Program(here.context, text).build(options=options,
                                                                 cache_dir=False)
            except here.cl.Error as error:
                raise BuildError(str(error)) from None


@contextlib.contextmanager
def quiet_errors():
    """Drop what the compiler writes to standard error; its log has it, too."""
    sys.stderr.flush()
    standard_error, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)
        os.close(nowhere)


def launch(kernel, grid, block, *values, shared=None, prints=False):
    """Run kernel once for each thread of each block, and wait.

    values are NumPy scalars; shared, in bytes, adds that much local memory at the end.
    """
    here = get_engine()
    if shared is not None:
        values = (*values, here.cl.LocalMemory(max(shared, 1)))
    threads = tuple(blocks * size for blocks, size in zip(grid, block))
    with here.lock:
        kernel.set_args(*values)

        def run():
            here.cl.enqueue_nd_range_kernel(here.queue, kernel, threads, block).wait()

        print_through_python(run) if prints else run()


def print_through_python(run):
    """Catch what C code writes to standard output while run() runs, and print it."""
    sys.stdout.flush()
    with tempfile.TemporaryFile() as file:
        standard_output = os.dup(1)
        try:
            os.dup2(file.fileno(), 1)
            run()
        finally:
            os.dup2(standard_output, 1)
            os.close(standard_output)
        file.seek(0)
        sys.stdout.write(file.read().decode(errors="replace"))
