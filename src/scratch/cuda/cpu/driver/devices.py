"""PyCUDA's errors, devices, contexts and enumerations for the CPU engine.

    >>> device = Device(0)
    >>> device.compute_capability(), device.get_attribute(device_attribute.WARP_SIZE)
    ((6, 0), 32)
    >>> device.max_threads_per_block, device_attribute.WARP_SIZE
    (1024, WARP_SIZE)
    >>> issubclass(LaunchError, Error)
    True

The limits are those of GPUs of compute capability 6.0, which has atomic additions of
doubles and neither tensor cores nor shared memory beyond 96 kB.
"""

import warnings

from .. import pocl
from . import memory

__all__ = ["CompileError", "Context", "Device", "Error", "LaunchError", "LogicError",
           "MemoryError", "RuntimeError", "ctx_flags", "device_attribute",
           "event_flags", "func_cache", "function_attribute", "get_driver_version",
           "get_version", "host_alloc_flags", "init", "initialize_profiler", "limit",
           "mem_attach_flags", "mem_host_register_flags", "set_debugging",
           "shared_config", "start_profiler", "stop_profiler"]

VERSION = (12, 0, 0)
COMPUTE_CAPABILITY = (6, 0)
SHARED_BYTES = 48 << 10              # of a block, unless more is asked for
SHARED_BYTES_MOST = 96 << 10         # if it is
THREADS = 1024                       # of a block
BLOCK_LIMITS = (1024, 1024, 64)
GRID_LIMITS = (2**31 - 1, 65535, 65535)


class Error(Exception):
    """An error of CUDA's driver."""


class MemoryError(Error):            # PyCUDA's names, three of which hide Python's own
    """The device does not have that much memory."""


class LogicError(Error):
    """An invalid call or argument."""


class LaunchError(Error):
    """A kernel that failed while it ran."""


class RuntimeError(Error):
    """Any other CUDA error."""


class CompileError(Error):
    """The compiler refused a source."""

    def __init__(self, msg, command_line=(), stdout=None, stderr=None):
        super().__init__(msg)
        self.msg, self.command_line = msg, command_line
        self.stdout, self.stderr = stdout, stderr

    def __str__(self):
        return f"{self.msg}\n{self.stderr}" if self.stderr else self.msg


class NotOnCPU(CompileError):
    """A source uses what a GPU can do and the CPU engine cannot."""


class Enumeration(type):
    """Makes a class of named numbers: device_attribute.WARP_SIZE prints as its name."""

    def __new__(cls, name, bases, members):
        made = super().__new__(cls, name, bases, {})
        for key, value in members.items():
            if key[0] != "_":
                setattr(made, key, Flag(value))
                getattr(made, key).name = key
        made.names = {key: getattr(made, key) for key in members if key[0] != "_"}
        return made


class Flag(int):
    """A number with a name."""

    def __repr__(self):
        return self.name

    __str__ = __repr__


class ctx_flags(metaclass=Enumeration):
    SCHED_AUTO, SCHED_SPIN, SCHED_YIELD, SCHED_BLOCKING_SYNC = 0, 1, 2, 4
    BLOCKING_SYNC, SCHED_MASK, MAP_HOST = 4, 7, 8
    LMEM_RESIZE_TO_MAX, FLAGS_MASK = 16, 31


class event_flags(metaclass=Enumeration):
    DEFAULT, BLOCKING_SYNC, DISABLE_TIMING, INTERPROCESS = 0, 1, 2, 4


class host_alloc_flags(metaclass=Enumeration):
    PORTABLE, DEVICEMAP, WRITECOMBINED = 1, 2, 4


class mem_host_register_flags(metaclass=Enumeration):
    PORTABLE, DEVICEMAP = 1, 2


class mem_attach_flags(metaclass=Enumeration):
    GLOBAL, HOST, SINGLE = 1, 2, 4


class func_cache(metaclass=Enumeration):
    PREFER_NONE, PREFER_SHARED, PREFER_L1, PREFER_EQUAL = 0, 1, 2, 3


class shared_config(metaclass=Enumeration):
    DEFAULT_BANK_SIZE, FOUR_BYTE_BANK_SIZE, EIGHT_BYTE_BANK_SIZE = 0, 1, 2


class limit(metaclass=Enumeration):
    STACK_SIZE, PRINTF_FIFO_SIZE, MALLOC_HEAP_SIZE = 0, 1, 2
    DEV_RUNTIME_SYNC_DEPTH, DEV_RUNTIME_PENDING_LAUNCH_COUNT = 3, 4


class function_attribute(metaclass=Enumeration):
    MAX_THREADS_PER_BLOCK, SHARED_SIZE_BYTES, CONST_SIZE_BYTES = 0, 1, 2
    LOCAL_SIZE_BYTES, NUM_REGS, PTX_VERSION, BINARY_VERSION, CACHE_MODE_CA = range(3, 8)
    MAX_DYNAMIC_SHARED_SIZE_BYTES, PREFERRED_SHARED_MEMORY_CARVEOUT = 8, 9


class device_attribute(metaclass=Enumeration):
    MAX_THREADS_PER_BLOCK = 1
    MAX_BLOCK_DIM_X, MAX_BLOCK_DIM_Y, MAX_BLOCK_DIM_Z = 2, 3, 4
    MAX_GRID_DIM_X, MAX_GRID_DIM_Y, MAX_GRID_DIM_Z = 5, 6, 7
    MAX_SHARED_MEMORY_PER_BLOCK, TOTAL_CONSTANT_MEMORY = 8, 9
    WARP_SIZE, MAX_PITCH = 10, 11
    MAX_REGISTERS_PER_BLOCK, CLOCK_RATE, TEXTURE_ALIGNMENT, GPU_OVERLAP = 12, 13, 14, 15
    MULTIPROCESSOR_COUNT, KERNEL_EXEC_TIMEOUT, INTEGRATED, CAN_MAP_HOST_MEMORY = (
        16, 17, 18, 19)
    COMPUTE_MODE, CONCURRENT_KERNELS, ECC_ENABLED = 20, 31, 32
    MAX_THREADS_PER_MULTIPROCESSOR, ASYNC_ENGINE_COUNT, UNIFIED_ADDRESSING = 39, 40, 41
    COMPUTE_CAPABILITY_MAJOR, COMPUTE_CAPABILITY_MINOR = 75, 76
    MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, MANAGED_MEMORY = 81, 83
    MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97


def attributes():
    """The value of every device_attribute."""
    x, y, z = BLOCK_LIMITS
    grid_x, grid_y, grid_z = GRID_LIMITS
    values = dict(
        MAX_THREADS_PER_BLOCK=THREADS, MAX_BLOCK_DIM_X=x, MAX_BLOCK_DIM_Y=y,
        MAX_BLOCK_DIM_Z=z, MAX_GRID_DIM_X=grid_x, MAX_GRID_DIM_Y=grid_y,
        MAX_GRID_DIM_Z=grid_z, MAX_SHARED_MEMORY_PER_BLOCK=SHARED_BYTES,
        MAX_SHARED_MEMORY_PER_BLOCK_OPTIN=SHARED_BYTES_MOST,
        MAX_SHARED_MEMORY_PER_MULTIPROCESSOR=SHARED_BYTES_MOST,
        TOTAL_CONSTANT_MEMORY=1 << 16, WARP_SIZE=32, MAX_PITCH=2**31 - 1,
        MAX_REGISTERS_PER_BLOCK=1 << 16, TEXTURE_ALIGNMENT=512,
        CLOCK_RATE=pocl.get_engine().device.max_clock_frequency * 1000,
        MULTIPROCESSOR_COUNT=pocl.get_engine().device.max_compute_units,
        INTEGRATED=1, CAN_MAP_HOST_MEMORY=1, UNIFIED_ADDRESSING=1,
        MAX_THREADS_PER_MULTIPROCESSOR=2048, MANAGED_MEMORY=1,
        COMPUTE_CAPABILITY_MAJOR=COMPUTE_CAPABILITY[0],
        COMPUTE_CAPABILITY_MINOR=COMPUTE_CAPABILITY[1])
    return {flag: values.get(name, 0) for name, flag in device_attribute.names.items()}


class Device:
    """The CPU, as a device of compute capability 6.0."""

    def __init__(self, ordinal=0):
        if ordinal != 0 and not isinstance(ordinal, str):
            raise LogicError(f"cuDeviceGet failed: invalid device ordinal {ordinal}; "
                             "there is only 0")
        pocl.get_engine()

    @staticmethod
    def count():
        return 1

    def name(self):
        return pocl.get_engine().device.name

    def compute_capability(self):
        return COMPUTE_CAPABILITY

    def total_memory(self):
        return memory.total()

    def pci_bus_id(self):
        return "0000:00:00.0"

    def get_attribute(self, attribute):
        return attributes()[attribute]

    def get_attributes(self):
        return attributes()

    def __getattr__(self, name):
        if name.upper() in device_attribute.names:
            return self.get_attribute(device_attribute.names[name.upper()])
        raise AttributeError(f"a device has no attribute {name}")

    def __eq__(self, other):
        return isinstance(other, Device)

    def __hash__(self):
        return 0

    def make_context(self, flags=0, dev=None):
        context = Context(self)
        context.push()
        return context

    def retain_primary_context(self):
        return Context(self)


class Context:
    """A context can be pushed and popped; on a CPU it holds nothing else."""

    stack = []
    warned = False

    def __init__(self, device):
        self.device = device

    def push(self):
        Context.stack.append(self)

    @staticmethod
    def pop():
        if not Context.stack:
            raise LogicError("cuCtxPopCurrent failed: invalid device context")
        Context.stack.pop()

    def detach(self):
        if self in Context.stack:
            Context.stack.remove(self)

    def attach(self, flags=0):
        return self

    @staticmethod
    def get_device():
        return Device(0)

    @staticmethod
    def get_current():
        return Context.stack[-1] if Context.stack else None

    @staticmethod
    def synchronize():
        """Nothing to wait for: a launch returns when it is done."""

    @staticmethod
    def get_api_version():
        return VERSION[0] * 1000

    set_limit = set_cache_config = set_shared_config = staticmethod(lambda *_: None)
    get_limit = get_cache_config = get_shared_config = staticmethod(lambda *_: 0)

    @staticmethod
    def needed(stacklevel=4):
        """Warn, once, that a GPU would need a context."""
        if not Context.stack and not Context.warned:
            Context.warned = True
            warnings.warn("no context: on a GPU this script needs `import "
                          "pycuda.autoinit` first", stacklevel=stacklevel)


def init(flags=0):
    """Find the engine; pocl.NoEngine says what to install if there is none."""
    pocl.get_engine()


def get_version():
    return VERSION


def get_driver_version():
    return VERSION[0] * 1000


def set_debugging(flag=True):
    """Accepted and ignored: memcheck.py is the debugger here."""


start_profiler = stop_profiler = initialize_profiler = lambda *_: None
