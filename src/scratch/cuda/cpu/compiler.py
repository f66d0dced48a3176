"""PyCUDA's SourceModule for a machine without a GPU: CUDA C in, kernels out.

    >>> import numpy as np
    >>> module = SourceModule('''
    ... __global__ void add(const float *x, const float *y, float *z, int n)
    ... {
    ...     int i = blockIdx.x * blockDim.x + threadIdx.x;
    ...     if (i < n) z[i] = x[i] + y[i];
    ... }''')
    >>> add = module.get_function("add")
    >>> x, y = np.float32([1, 2, 3, 4, 5]), np.float32([10, 20, 30, 40, 50])
    >>> z = np.empty_like(x)
    >>> add(driver.In(x), driver.In(y), driver.Out(z), np.int32(5), block=(4, 1, 1),
    ...     grid=(2, 1))
    >>> z
    array([11., 22., 33., 44., 55.], dtype=float32)

A compile error is reported with the line of the source.  module.opencl is the program
in OpenCL C.  Of nvcc's options, -D, -U, -I and --use_fast_math are applied; those that
matter only on a GPU or for speed are ignored, and all others with a warning.

Left out: linking several sources, keep, cache_dir (PoCL has a cache of its own).
"""

import re
import warnings
from contextvars import ContextVar

from . import driver, pocl
from .driver.devices import NotOnCPU
from .translator.tokens import SourceError, Unsupported
from .translator.translate import translate

__all__ = ["DEFAULT_NVCC_FLAGS", "DynamicModule", "DynamicSourceModule", "SourceModule",
           "compile"]

SEPARATE = re.compile(r"-(D|U|I|arch|code|gencode|Xptxas|Xcompiler|std|maxrregcount"
                      r"|-(compiler-options|ptxas-options|std|maxrregcount"
                      r"|gpu-architecture|gpu-code|generate-code))")    # -I folder
SILENT = re.compile(r"-(O.*|G|g|w|v|m64|-?(arch|gpu-|code|gencode|generate-|Xptxas"
                    r"|ptxas-|lineinfo|std|maxrregcount|ftz|prec-|fmad|Xcompiler"
                    r"|compiler-options|extra-device-vectorization|expt-|Wno-"
                    r"|res-usage|resource-usage|optimize|debug|device-debug).*)")
FAST = ("-use_fast_math", "--use_fast_math")
DEFAULT_NVCC_FLAGS = []
checking = ContextVar("checking", default=None)    # the memcheck.Check that is on


class SourceModule:
    """Kernels from a text of CUDA C.

    Raises driver.CompileError, with the line, if the text is not CUDA C, and its
    subclass NotOnCPU if a GPU could run it and the CPU engine cannot.
    """

    def __init__(self, source, nvcc="nvcc", options=None, keep=False, no_extern_c=False,
                 arch=None, code=None, cache_dir=None, include_dirs=None):
        driver.Context.needed()
        defines, folders, fast = read_options(list(options or []))
        folders += include_dirs or []
        self.source = source
        try:
            check = checking.get()
            watch = check.watch() if check else None
            program = translate(source, defines, folders, watch=watch,
                                extern_c=not no_extern_c)
        except Unsupported as error:
            raise NotOnCPU(show(error, source)) from None
        except SourceError as error:
            raise driver.CompileError(show(error, source)) from None
        self.opencl = program.text
        try:
            kernels = pocl.build(program.text,
                                 ["-cl-unsafe-math-optimizations"] if fast else [])
        except pocl.BuildError as error:
            text = explain(str(error), source)
            if re.search("(address of function is|to functions are) not allowed", text):
                raise NotOnCPU("pointers to functions cannot run on the CPU engine:\n"
                               f"{text}") from None
            if program.constructs and re.search(
                    "incompatible type|invalid operands to binary", text):
                raise NotOnCPU("conversions that a constructor makes without being "
                               "called cannot run on the CPU engine; call it:\n"
                               f"{text}") from None
            for sign, what in [("__constant char .*changes address space",
                                "strings but those given to printf"),
                               ("bit-fields are not supported", "bit-fields")]:
                if re.search(sign, text):
                    raise NotOnCPU(f"{what} cannot be had on the CPU engine:\n"
                                   f"{text}") from None
            raise driver.CompileError(text) from None
        self.module = (check.module(program, kernels, watch) if check
                       else driver.Module(program, kernels))
        self.get_global = self.module.get_global
        self.get_texref = self.module.get_texref
        self.get_surfref = self.module.get_surfref

    def get_function(self, name):
        return self.module.get_function(name)


class DynamicSourceModule(SourceModule):
    """Dynamic parallelism: kernels that launch kernels, which only a GPU runs."""

    def __init__(self, *_, **__):
        raise NotOnCPU("DynamicSourceModule: kernels that launch kernels (dynamic "
                       "parallelism) cannot run on the CPU engine")


DynamicModule = DynamicSourceModule


def compile(source, *_, **__):
    raise NotOnCPU("pycuda.compiler.compile makes machine code of a GPU; SourceModule "
                   "runs CUDA C on the CPU")


def read_options(options):
    """nvcc's options -> ({macro: text}, [folders], whether --use_fast_math is one)."""
    defines, folders, fast = {}, [], False
    rest = iter(options)
    for option in rest:
        if SEPARATE.fullmatch(option):
            option += next(rest, "")
        if option.startswith(("-D", "--define-macro=")):
            name, _, value = re.sub("^(-D|--define-macro=)", "", option).partition("=")
            defines[name] = value if "=" in option else "1"
        elif option.startswith("-U"):
            defines.pop(option[2:], None)
        elif option.startswith(("-I", "--include-path=")):
            folders.append(re.sub("^(-I|--include-path=)", "", option))
        elif option in FAST:
            fast = True
        elif not SILENT.fullmatch(option):
            warnings.warn(f"the option {option} is ignored by the CPU engine",
                          stacklevel=4)
    return defines, folders, fast


def show(error, source):
    """The message, and the line of the source that it is about."""
    token, lines = error.token, source.splitlines()
    if token is None or not 0 < token.line <= len(lines) or token.file != "kernel.cu":
        return str(error)
    return f"{error}\n{token.line:>6} | {lines[token.line - 1]}"


def explain(log, source):
    """PoCL's log without its internals, the line of the source below each error."""
    lines, errors = source.splitlines(), []
    for where, number, kind, message in re.findall(
            r"^(?:(?:error|warning|note): )?([^\s:]+):(\d+):\d+(?: <Spelling=[^>]*>)?: "
            r"(?:(error|note): )?(.*)$", log, re.MULTILINE):
        if kind == "note" or (where, number, message) in errors:
            continue
        errors.append((where, number, message))
    if not errors:
        return f"PoCL did not compile it:\n{log}"
    message = []
    for where, number, text in errors:
        text = re.sub(r"__private |'struct context_ \*', |\b(\w+?)_\b", r"\1", text)
        message.append(f"{where}:{number}: {text}")
        if where == "kernel.cu" and int(number) <= len(lines):
            message.append(f"{number:>6} | {lines[int(number) - 1]}")
    return "\n".join(message)
