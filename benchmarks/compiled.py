"""Count what nvcc makes of the CUDA kernels: registers, shared memory, the instructions of their loops.

    python -m benchmarks compiled

Nothing runs, so this needs no GPU: nvcc compiles for two of them, ptxas says what a thread and a block
need, and nvdisasm writes the machine code (SASS) as text, in which instructions are counted.  nvcc and
nvdisasm are looked for on the PATH; both are packages of PyPI, too (nvidia-cuda-nvcc and
nvidia-cuda-nvdisasm).  The same compiler gives the same counts on any machine.

A kernel's hot loop is the loop with the most multiply-adds (FFMA) or, where there are none, with the most
loads from global memory; of several the shortest; of a kernel without a loop, the whole of it.  Of
attention, whose loop over tiles has a loop for each of its products in it, it is the hottest of those;
all loops that multiply are counted, too, in the order in which they end.
"""

import math
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .harness import significant
from .provenance import provenance
from .results import write

WHAT = "What nvcc makes of the kernels of src/scratch/cuda: counts, which no clock and no card takes part in"
ARCHITECTURES = 80, 90
SM = {    # of a multiprocessor: NVIDIA, CUDA C++ Programming Guide, technical specifications
    80: {"registers": 65536, "warps": 64, "blocks": 32, "shared": 164 << 10},
    90: {"registers": 65536, "warps": 64, "blocks": 32, "shared": 228 << 10},
}
RESERVED = 1024    # bytes of shared memory that CUDA keeps of each block
KERNELS = {    # kernel: (file, {rung: its function}, threads of a block, macros)
    "add": ("add.cu", {"plain": "add", "strided": "add_strided", "vectors": "add_vectors"}, 256, {}),
    "transpose": ("transpose.cu", {how: f"transpose_{how}" for how in ("naive", "tiled", "padded")}, 256,
                  {"TILE": 32}),
    "reduce": ("reduce.cu", {how: f"reduce_{how}"
                             for how in ("spread", "packed", "halves", "pairs", "strided")}, 256,
               {"THREADS": 256, "MAX": 0}),
    "reduce, warps": ("reduce_warp.cu", {"warps": "reduce_warps"}, 256, {"THREADS": 256}),
    "softmax": ("softmax.cu", {"stable": "softmax", "online": "softmax_online"}, 128, {"THREADS": 128}),
    "layernorm": ("layernorm.cu", {"two passes": "layernorm"}, 128, {"THREADS": 128}),
    "attention": ("attention.cu", {how: f"attention_{how}" for how in ("matrix", "online", "tiles")}, 128,
                  {"D": 64, "THREADS": 128, "QUERIES": 64, "KEYS": 32, "EACH": 4}),
    "attention, back": ("attention_back.cu", {name: name for name in ("d_queries", "d_keys")}, 64,
                        {"D": 64, "TILE": 32, "EACH": 4}),
}


# ---- what a multiprocessor has room for -------------------------------------------------------------

def residents(architecture, threads, registers, shared):
    """(blocks, warps, what limits them) that a multiprocessor has room for at once.

    A warp gets its registers in units of 256, of which each thread's count is rounded up to 8.

    >>> residents(90, 256, 107, 16896)        # 256 x 112 registers a block
    (2, 16, 'registers')
    >>> residents(90, 1024, 32, 8192)
    (2, 64, 'threads')
    """
    sm = SM[architecture]
    warps = math.ceil(threads / 32)
    each = math.ceil(registers / 8) * 8 * 32
    room = {"threads": sm["warps"] // warps, "registers": sm["registers"] // each // warps,
            "shared memory": sm["shared"] // (math.ceil(shared / 128) * 128 + RESERVED),
            "blocks": sm["blocks"]}
    limit = min(room, key=room.get)
    return room[limit], room[limit] * warps, limit


# ---- reading SASS -----------------------------------------------------------------------------------

LINE = re.compile(r"^\s+/\*([0-9a-f]{4,})\*/\s+(?:(@!?U?P\d)\s+)?([A-Z][\w.]*)\s*(.*?)\s*;")


def instructions(sass):
    """{mangled name: ([(opcode, operands), ...], {label: the number of the instruction behind it})}."""
    found, code, labels = {}, None, None
    for line in sass.splitlines():
        if start := re.match(r"\.text\.(\w+):", line):
            code, labels = found.setdefault(start[1], ([], {}))
        elif label := re.match(r"(\.L_x_\d+):", line):
            if code is not None:
                labels[label[1]] = len(code)
        elif (read := LINE.match(line)) and code is not None:
            code.append((read[3], read[4]))
    return found


def loops(code, labels):
    """[(first, last), ...]: from where a branch leads back to, to that branch."""
    found = []
    for n, (opcode, operands) in enumerate(code):
        target = re.search(r"`\((\.L_x_\d+)\)", operands) if opcode.startswith("BRA") else None
        if target and labels[target[1]] < n:
            found.append((labels[target[1]], n))
    return found


def count(code, *begins):
    return sum(opcode.split(".")[0] in begins for opcode, _ in code)


def hot(code, labels, inner=False):
    """The instructions of the hot loop; with inner, of loops in which there is no other."""
    found = loops(code, labels)
    if inner:
        found = [(first, last) for first, last in found
                 if not any(first <= a and b <= last and (a, b) != (first, last) for a, b in found)]
    bodies = [code[first: last + 1] for first, last in found] or [code]
    what = "FFMA" if any(count(body, "FFMA") for body in bodies) else "LDG"
    most = max(count(body, what) for body in bodies)
    return min((body for body in bodies if count(body, what) == most), key=len) if most else code


def width(opcode):
    """How many bytes an access moves for a thread."""
    return next((bits // 8 for bits in (64, 128) if f".{bits}" in opcode), 4)


def products(code, labels):
    """[{"instructions", "FFMA", "LDS", ...}, ...] of loops that multiply; a later one may hold earlier."""
    bodies = [code[first: last + 1] for first, last in sorted(loops(code, labels), key=lambda loop: loop[1])]
    return [{"instructions": len(body), "FFMA": count(body, "FFMA"), "LDS": count(body, "LDS"),
             "of 16 bytes": sum(width(opcode) == 16 for opcode, _ in body if opcode.startswith("LDS"))}
            for body in bodies if count(body, "FFMA")]


def in_flight(code):
    """The most bytes of global memory that a thread has asked for when it first has to wait for some.

    A thread waits at the first instruction that names a register which a load has yet to fill.  The
    code is read twice over, as a loop is.
    """
    pending, most = {}, 0                              # {register: (load, its bytes)}
    for n, (opcode, operands) in enumerate(2 * code):
        named = {int(each) for each in re.findall(r"\bR(\d+)\b", operands)}
        for load in {pending[each] for each in named & pending.keys()}:
            most = max(most, sum(size for _, size in set(pending.values())))
            pending = {each: other for each, other in pending.items() if other != load}
        if opcode.split(".")[0] == "LDG":
            first = int(re.match(r"R(\d+)", operands)[1])
            pending |= {first + each: (n, width(opcode)) for each in range(width(opcode) // 4)}
    return max(most, sum(size for _, size in set(pending.values())))


def row(kernel, rung, architecture, threads, said, code, labels, **more):
    body = hot(code, labels, inner=kernel == "attention")
    blocks, warps, limit = residents(architecture, threads, said["registers"], said["shared"])
    shared = [opcode for opcode, _ in body if opcode.split(".")[0] == "LDS"]
    FFMA = count(body, "FFMA")
    return {"kernel": kernel, "rung": rung, "architecture": f"sm_{architecture}", **more, "threads": threads,
            **said, "blocks per SM": blocks, "warps per SM": warps,
            "occupancy": significant(warps / SM[architecture]["warps"]), "limited by": limit,
            "hot loop": {"instructions": len(body), "FFMA": FFMA,
                         "LDS": len(shared),
                         "of 16 bytes": sum(width(each) == 16 for each in shared),
                         "HMMA": count(body, "HMMA"), "LDG": count(body, "LDG"),
                         "STG": count(body, "STG"), "barriers": count(body, "BAR")},
            **({"FFMA share": significant(FFMA / len(body)), "LDS per FFMA": significant(len(shared) / FFMA)}
               if FFMA and kernel == "matmul" else {}),
            **({"loops": products(code, labels)} if kernel == "attention" else {}),
            "bytes in flight": in_flight(body)}


# ---- nvcc and nvdisasm ------------------------------------------------------------------------------

def tool(name):
    """The path of a program of the CUDA toolkit; the exit says what to install."""
    path = shutil.which(name)
    if path is None:
        sys.exit(f"{name} is not on the PATH: it is in the CUDA toolkit, and in nvidia-cuda-{name} of PyPI")
    return path


def version(name):
    said = subprocess.run([tool(name), "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"V(\d[\d.]*)", said)[1]


def compile_and_read(path, architecture, macros):
    """{function: (what ptxas says, its code, its labels)} of a .cu file."""
    with tempfile.TemporaryDirectory() as folder:
        cubin = Path(folder, "kernel.cubin")
        run = subprocess.run(
            [tool("nvcc"), "-cubin", f"-arch=sm_{architecture}", "-Xptxas", "-v", "-o", cubin,
             *(f"-D{name}={value}" for name, value in macros.items()), path], capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stderr)
        sass = subprocess.run([tool("nvdisasm"), "-c", cubin], capture_output=True, text=True,
                              check=True).stdout
    said = {}
    for part in run.stderr.split("Compiling entry function")[1:]:
        mangled = re.search(r"'(\w+)'", part)[1]
        shared = re.search(r"(\d+) bytes smem", part)
        said[mangled] = {"registers": int(re.search(r"Used (\d+) registers", part)[1]),
                         "shared": int(shared[1]) if shared else 0,
                         "spilled": sum(map(int, re.findall(r"(\d+) bytes spill", part)))}
    return {plain(mangled): (said[mangled], *code) for mangled, code in instructions(sass).items()}


def plain(mangled):
    """A function's name, as C has it.

    >>> plain("_Z11add_stridedPKfS0_Pfi")
    'add_strided'
    """
    length = re.match(r"_Z(\d+)", mangled)
    return mangled[length.end():][: int(length[1])] if length else mangled


def promised(text):
    """The text of kernels whose pointers are promised not to overlap."""
    return re.sub(r"float \*(?=[xyz]\b)", "float *__restrict__ ", text)


def rows():
    from scratch.cuda.kernels import launch, matmul
    found = []
    for architecture in ARCHITECTURES:
        for rung, each in matmul.RUNGS.items():
            x, y, z = matmul.shape(rung, 1, 1, each.gpu)[1]
            code = compile_and_read(launch.FOLDER / each.file, architecture,
                                    {"TRANSPOSED_A": 0, "TRANSPOSED_B": 0, **each.gpu})["matmul"]
            found.append(row("matmul", rung, architecture, x * y * z, *code, sizes=each.gpu))
        for kernel, (file, rungs, threads, macros) in KERNELS.items():
            read = compile_and_read(launch.FOLDER / file, architecture, macros)
            found += [row(kernel.partition(",")[0], rung, architecture, threads, *read[name])
                      for rung, name in rungs.items()]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "add.cu")
            text = (launch.FOLDER / "add.cu").read_text(encoding="utf-8")
            path.write_text(promised(text), encoding="utf-8")
            read = compile_and_read(path, architecture, {})
            found += [row("add", f"{rung}, __restrict__", architecture, 256, *read[name])
                      for rung, name in KERNELS["add"][1].items()]
    return found


def main(options):
    found = rows()
    for each in found:
        loop = each["hot loop"]
        print(f"{each['architecture']}  {each['kernel']:10} {each['rung']:22} {each['registers']:4} registers"
              f" {each['shared']:6} bytes  {each['blocks per SM']:2} blocks {each['warps per SM']:2} warps"
              f" ({each['limited by']})  {loop['instructions']:4} {loop['FFMA']:4} FFMA {loop['LDS']:3} LDS "
              f"({loop['of 16 bytes']})  {loop['LDG']:2} LDG  {each['bytes in flight']:3} in flight")
    at = provenance(__file__)
    at["versions"] |= {"nvcc": version("nvcc"), "nvdisasm": version("nvdisasm")}
    write(options.out, what=WHAT, origin=at, rows=found)
    return []
