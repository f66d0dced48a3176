"""PyCUDA's driver module for a machine without a GPU: the same names, on the CPU.

    >>> import numpy as np
    >>> x = np.arange(3, dtype=np.float32)
    >>> on_device = to_device(x)            # allocates, copies, gives an address
    >>> memcpy_htod(int(on_device) + 4, np.float32([7]))
    >>> from_device(on_device, 3, np.float32)
    array([0., 7., 2.], dtype=float32)

What a GPU refuses is refused here, by the same class of error: more than 1,024 threads
in a block, more than 48 kB of shared memory, a grid that is too large, memory that was
never allocated, Python's numbers instead of NumPy's.  In addition each argument is
checked against the kernel's parameter, which CUDA cannot do.

    devices      errors, devices, contexts, limits      transfers    memory and copies
    arguments    In, Out, InOut, and what is packed     modules      kernels, launches
    streams      streams and events

What differs: each call returns when its work is done, so streams and events order
nothing and an event's time is the clock's; the device has half of the machine's memory,
at most 4 GiB; the number of registers is given as 0, since it is unknown; and a script
that forgets pycuda.autoinit, which fails on a GPU, runs here with a warning.

Left out: textures, surfaces, graphs, peer access, arrays of CUDA's own layout, linking.
"""

from . import arguments, devices, modules, streams, transfers
from .arguments import *
from .devices import *
from .modules import *
from .streams import *
from .transfers import *

__all__ = [*arguments.__all__, *devices.__all__, *modules.__all__, *streams.__all__,
           *transfers.__all__]

_ABSENT = {    # what a GPU has and the CPU engine has not -> the names of it
    "textures and surfaces": """TextureReference SurfaceReference ArrayDescriptor Array
        ArrayDescriptor3D address_mode filter_mode array_format array3d_flags
        array_cubemap_face np_to_array gpuarray_to_array matrix_to_texref
        matrix_to_array make_multichannel_2d_array bind_array_to_texref
        dtype_to_array_format memcpy_atoa memcpy_atod memcpy_dtoa TRSA_OVERRIDE_FORMAT
        TRSF_NORMALIZED_COORDINATES TRSF_READ_AS_INTEGER TR_DEFAULT""",
    "linking of machine code": """Linker jit_input_type jit_option jit_target
        jit_fallback""",
    "copies between devices": "memcpy_peer memcpy_peer_async Memcpy3DPeer",
    "memory of several processes": "IPCMemoryHandle mem_get_ipc_handle ipc_mem_flags",
    "OpenGL": "have_gl_ext graphics_register_flags",
}


def __getattr__(name):
    if name == "NotOnCPU":               # PyCUDA has none, so it is in no list of names
        return devices.NotOnCPU
    for what, names in _ABSENT.items():
        if name in names.split():
            raise AttributeError(f"pycuda.driver.{name}: {what} cannot be had on the "
                                 "CPU engine")
    raise AttributeError(f"pycuda.driver has no {name} on the CPU engine")
