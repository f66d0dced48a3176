"""Let PoCL before 3.1 build programs on a processor that its LLVM does not know.

    >>> applies("OpenCL 3.0 PoCL 3.0-rc2  Linux, Release, RELOC, LLVM 14.0.6")
    True
    >>> applies("OpenCL 3.0 PoCL 3.1+debian  Linux, None+Asserts, RELOC, LLVM 15.0.6")
    False

Why: LLVM calls a processor that it does not know "generic".  PoCL up to 3.0, built for
many processors as distributions build it, passes that on to LLVM's compiler as the name
of the target, which the compiler refuses: every build ends in "unknown target CPU
'generic'".  From 3.1 on PoCL chooses a target by the processor's features, and reads
the environment variable POCL_LLVM_CPU_NAME.  3.0 has no setting for it, and 3.0, with
LLVM 14 of 2022, is the newest PoCL on PyPI, which knows no processor of later years.

How: the name is a string of PoCL's in the memory of this process.  name_processor finds
it through the addresses in PoCL's description of the device, and overwrites it with a
name that LLVM knows.

When it can go: with the first pocl-binary-distribution from 3.1 on.
"""

import re
import struct
import sys

FAILURE = "unknown target CPU"    # what the compiler's log says then
MODERN = {"avx2", "fma", "bmi2", "movbe"}    # what LLVM's haswell has, beside the older


def applies(version):
    """Whether a platform's version, CL_PLATFORM_VERSION, is of a PoCL before 3.1."""
    found = re.search(r"\bpocl (\d+)\.(\d+)", version, re.IGNORECASE)
    return bool(found) and (int(found[1]), int(found[2])) < (3, 1)


def name_processor(device):
    """Overwrite "generic" in the description of a device; whether it was found."""
    if not sys.platform.startswith("linux"):
        return False
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = re.search(r"^flags\s*:(.*)", file.read(), re.MULTILINE)
    if not flags:                        # not an x86
        return False
    known = b"haswell\0" if set(flags[1].split()) >= MODERN else b"x86-64\0"
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(device.int_ptr)
        description = memory.read(4096)
        for (address,) in struct.iter_unpack("N", description):
            try:
                memory.seek(address)
                found = memory.read(8) == b"generic\0"
            except (OSError, OverflowError, ValueError):
                continue                 # a number that is no address
            if found:
                memory.seek(address)
                memory.write(known)
                return True
    return False
