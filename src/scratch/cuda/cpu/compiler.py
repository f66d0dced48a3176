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

A compile error is reported with the line of the source.  module.info says which engine
runs it: the first, for which module.opencl is the program in OpenCL C, or the second,
where the first cannot and there is a C++ compiler (cxx/).  Of nvcc's options, -D, -U,
-I and --use_fast_math are applied; those that matter only on a GPU or for speed are
ignored, and all others with a warning.

Left out: linking machine code, keep, cache_dir (PoCL has a cache of its own).  What
compile() gives can be loaded, but only by this engine.
"""

import json
import re
import warnings
from contextvars import ContextVar
from pathlib import Path

from . import cxx, driver, pocl
from .built import Built
from .driver.devices import NotOnCPU
from .translator.tokens import SourceError, Unsupported
from .translator.translate import translate

__all__ = ["CudaModule", "DEFAULT_NVCC_FLAGS", "DynamicModule", "DynamicSourceModule",
           "SourceModule", "compile"]

SEPARATE = re.compile(r"-(D|U|I|arch|code|gencode|Xptxas|Xcompiler|std|maxrregcount"
                      r"|-(compiler-options|ptxas-options|std|maxrregcount"
                      r"|gpu-architecture|gpu-code|generate-code))")    # -I folder
SILENT = re.compile(r"-(O.*|G|g|w|v|m64|-?(arch|gpu-|code|gencode|generate-|Xptxas"
                    r"|ptxas-|lineinfo|std|maxrregcount|ftz|prec-|fmad|Xcompiler"
                    r"|compiler-options|extra-device-vectorization|expt-|Wno-"
                    r"|res-usage|resource-usage|optimize|debug|device-debug|rdc"
                    r"|relocatable-device-code|lcudadevrt|dc|device-c).*)")
FAST = ("-use_fast_math", "--use_fast_math")
DEFAULT_NVCC_FLAGS = []
COMPILED = b"CUDA C, for scratch.cuda on the CPU\n"
ONLY_FIRST = re.compile(r"#\s*include\s*[<\"]cooperative_groups")
checking = ContextVar("checking", default=None)    # the memcheck.Check that is on


class CudaModule:
    """Kernels from texts of CUDA C: what the classes below have in common.

    Raises driver.CompileError, with the line, if the text is not CUDA C, and its
    subclass NotOnCPU if a GPU could run it and the CPU engine cannot.  .info says which
    engine the kernels run on, and why.
    """

    module = None

    def build(self, given, extern_c, launches=False):
        """given is [(source, options, folders), ...]; launches: kernels may launch."""
        texts, fast = [], False
        for source, options, folders in given:
            defines, included, quick = read_options(list(options or []))
            texts.append((source, defines, [*included, *(folders or [])]))
            fast |= quick
        check, built, refusal, self.opencl = checking.get(), None, None, ""
        watch = check.watch() if check else None
        if check and len(texts) > 1:
            raise NotOnCPU("memcheck cannot watch several texts that are linked")
        if check or len(texts) == 1 and not cxx.everything.get():
            try:
                built = by_pocl(*texts[0], extern_c, fast, watch)
                self.info, self.opencl = "OpenCL C, by PoCL", built.program.text
            except driver.CompileError as error:
                if check:
                    raise
                refusal = error
        if built is None:
            built, self.info = by_cxx(texts, extern_c, fast, launches, refusal)
        self.module = check.module(built, watch) if check else driver.Module(built)
        self.get_global = self.module.get_global
        self.get_texref = self.module.get_texref
        self.get_surfref = self.module.get_surfref

    def get_function(self, name):
        return self.module.get_function(name)


class SourceModule(CudaModule):
    """Kernels from one text; they launch none, as nvcc links nothing to it."""

    def __init__(self, source, nvcc="nvcc", options=None, keep=False, no_extern_c=False,
                 arch=None, code=None, cache_dir=None, include_dirs=None):
        driver.Context.needed()
        if not no_extern_c:
            source = str(source)         # PyCUDA writes it between braces, with %s
        self.build([(source, options, include_dirs)], not no_extern_c)


def by_pocl(source, defines, folders, extern_c, fast, watch=None):
    """The program, built by the first engine; CompileError, or its NotOnCPU."""
    try:
        program = translate(source, defines, folders, watch=watch, extern_c=extern_c)
    except Unsupported as error:
        raise NotOnCPU(show(error, source)) from None
    except SourceError as error:
        raise driver.CompileError(show(error, source)) from None
    try:
        return Built(program, ["-cl-unsafe-math-optimizations"] if fast else [])
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


def by_cxx(texts, extern_c, fast, launches, refusal):
    """The program, built by the second engine, and why it was.

    refusal is the first engine's error, which stands where this one fails, too, but if
    the text uses what only the second one has and is wrong.
    """
    source = "\n".join(text for text, *_ in texts)
    try:
        library, command = cxx.build(texts, extern_c, fast, launches)
    except SourceError as error:
        if refusal and (isinstance(error, Unsupported)
                        or not isinstance(refusal, NotOnCPU)):
            raise refusal from None
        wrong = NotOnCPU if isinstance(error, Unsupported) else driver.CompileError
        raise wrong(show(error, source)) from None
    except cxx.NoCompiler:
        if not isinstance(refusal, NotOnCPU):
            raise refusal or NotOnCPU("no C++ compiler was found") from None
        raise NotOnCPU(f"{refusal}\nWith a C++ compiler, GCC's, it would be tried as "
                       "C++; none was found") from None
    except cxx.Errors as error:
        if refusal and (not isinstance(refusal, NotOnCPU) or ONLY_FIRST.search(source)):
            raise refusal from None
        raise driver.CompileError(shown(error.errors, source)) from None
    why = (str(refusal).splitlines()[0].rstrip(":") if refusal else
           "several texts" if len(texts) > 1 else "asked for")
    why = why.replace("cannot run on the CPU engine", "cannot be had in OpenCL C")
    return library, f"C++, by {command}; slower, all threads on one core: {why}"


class DynamicModule(CudaModule):
    """Kernels from texts that are linked; they may launch kernels.

    link() compiles and links; then a mistake is shown in the line that it has if the
    texts stand one below the other.
    """

    def __init__(self, nvcc="nvcc", link_options=None, keep=False, no_extern_c=False,
                 arch=None, code=None, cache_dir=None, include_dirs=None,
                 message_handler=None, log_verbose=False, cuda_libdir=None):
        driver.Context.needed()
        self.extern_c, self.folders, self.texts = not no_extern_c, include_dirs, []

    def add_source(self, source, nvcc_options=None, name="kernel.ptx"):
        self.texts.append((str(source), nvcc_options, self.folders))
        return self

    def add_data(self, *_, **__):
        raise NotOnCPU("machine code of a GPU cannot be linked on the CPU engine; "
                       "add_source takes CUDA C")

    add_file = add_data

    def add_stdlib(self, libname):
        if libname != "cudadevrt":       # with which kernels launch kernels
            raise NotOnCPU(f"{libname} is a library of machine code, and cannot be "
                           "linked on the CPU engine")
        return self

    def link(self):
        self.build(self.texts, self.extern_c, launches=True)
        return self


class DynamicSourceModule(DynamicModule):
    """Kernels from one text, which may launch kernels."""

    def __init__(self, source, nvcc="nvcc", options=None, keep=False, no_extern_c=False,
                 arch=None, code=None, cache_dir=None, include_dirs=None,
                 cuda_libdir=None):
        super().__init__(no_extern_c=no_extern_c, include_dirs=include_dirs)
        self.add_source(source, options).add_stdlib("cudadevrt").link()


def compile(source, nvcc="nvcc", options=None, keep=False, no_extern_c=False, arch=None,
            code=None, cache_dir=None, include_dirs=None, target="cubin"):
    """Bytes for driver.module_from_buffer, here or in another process.

    A GPU's machine code would be in them; these hold the text, which was found to be
    right.
    """
    if target not in ("cubin", "ptx", "fatbin"):
        raise AssertionError(f"there is no target {target}")
    folders = [str(Path(folder).absolute()) for folder in include_dirs or []]
    given = [str(source), list(options or []), folders], not no_extern_c
    CudaModule().build([given[0]], given[1])
    return COMPILED + json.dumps(given).encode()


def loaded(data):
    """The driver's module of what compile() gave; NotOnCPU for other bytes."""
    data = bytes(data)
    if not data.startswith(COMPILED):
        raise NotOnCPU("machine code of a GPU (cubin, PTX) cannot run on the CPU "
                       "engine; SourceModule compiles CUDA C")
    driver.Context.needed()
    text, extern_c = json.loads(data[len(COMPILED):])
    module = CudaModule()
    module.build([text], extern_c)
    return module.module


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
    errors = []
    for where, number, kind, message in re.findall(
            r"^(?:(?:error|warning|note): )?([^\s:]+):(\d+):\d+(?: <Spelling=[^>]*>)?: "
            r"(?:(error|note): )?(.*)$", log, re.MULTILINE):
        text = re.sub(r"__private |'struct context_ \*', |\b(\w+?)_\b", r"\1", message)
        if kind != "note" and (where, int(number), text) not in errors:
            errors.append((where, int(number), text))
    return shown(errors, source) if errors else f"PoCL did not compile it:\n{log}"


def shown(errors, source):
    """[(file, line, message), ...] as text, the line of the source below each."""
    lines, message = source.splitlines(), []
    for where, number, text in errors:
        message.append(f"{where}:{number}: {text}" if number else f"{where}: {text}")
        if where == "kernel.cu" and 0 < number <= len(lines):
            message.append(f"{number:>6} | {lines[number - 1]}")
    return "\n".join(message)
