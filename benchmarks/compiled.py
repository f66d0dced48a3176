"""Count what nvcc makes of the CUDA kernels: registers, shared memory, the instructions of their loops.

    python -m benchmarks compiled

Nothing runs, so this needs no GPU: nvcc compiles for two of them, ptxas says what a thread and a block
need, and nvdisasm writes the machine code (SASS) as text, in which instructions are counted.  nvcc and
nvdisasm are looked for on the PATH.  Without the CUDA toolkit,

    pip install nvidia-cuda-nvcc nvidia-cuda-cccl nvidia-cuda-nvdisasm

puts them into site-packages/nvidia/cu13/bin.  The same compiler gives the same counts on any machine.

A product's hot loop is the loop with the most multiply-adds (FFMA, or HMMA on tensor cores), another
kernel's that with the most loads from global memory; of several the shortest; of a kernel without a loop,
the whole of it.  A round of a product is a turn of the loop over K that the hot loop lies in, or is.  Its
instructions count as often as they are executed in it, and those of branches that may be skipped count once.
Attention's loop over tiles has a loop for each of its products in it: its hot loop is the hottest of those,
and all that multiply are counted, too, in the order in which they end.
"""

import math
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .harness import budget, significant
from .provenance import provenance
from .results import write

WHAT = "What nvcc makes of the kernels of src/scratch/cuda: counts, which no clock and no card takes part in"
ARCHITECTURES = 80, 90
SM = {    # of a multiprocessor: NVIDIA, CUDA C++ Programming Guide, technical specifications
    80: {"registers": 65536, "warps": 64, "blocks": 32, "shared": 164 << 10},
    90: {"registers": 65536, "warps": 64, "blocks": 32, "shared": 228 << 10},
}
H200 = {"bytes per second": 4.8e12, "latency": 600e-9, "multiprocessors": 132}    # the latency: assumed
LOADED = {    # (kernel, rung): the share of loads in what it moves
    ("add", "strided"): 2 / 3, ("add", "vectors"): 2 / 3, ("transpose", "padded"): 1 / 2,
    ("reduce", "strided"): 1, ("reduce", "warps"): 1, ("softmax", "stable"): 1 / 2,
    ("softmax", "online"): 1 / 2, ("layernorm", "two passes"): 1 / 2,
    ("cross_entropy", "forward"): 1, ("cross_entropy", "backward"): 1 / 2, ("rmsnorm", "forward"): 1 / 2,
    ("rmsnorm", "backward"): 2 / 3, ("rmsnorm", "gain"): 1, ("adamw", "step"): 4 / 7,
    ("embedding", "forward"): 1 / 2, ("rotary", "turn"): 1 / 2,
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
    "cross_entropy": ("cross_entropy.cu", {"forward": "cross_entropy", "backward": "cross_entropy_back"}, 128,
                      {"THREADS": 128}),
    "rmsnorm": ("rmsnorm.cu", {"forward": "rmsnorm", "backward": "rmsnorm_back", "gain": "rmsnorm_gain"},
                128, {"THREADS": 128}),
    "adamw": ("adamw.cu", {"step": "adamw"}, 256, {}),
    "embedding": ("embedding.cu", {"forward": "gather", "backward": "scatter_add"}, 128, {}),
    "rotary": ("rotary.cu", {"turn": "rotary"}, 256, {}),
    "parts": ("matmul_parts.cu", {"add": "add_parts"}, 256, {}),
    "delta": ("attention_back.cu", {"row_dots": "row_dots"}, 128, {"D": 64, "TILE": 32, "EACH": 4}),
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


def hot(code, labels, *whats, inner=False):
    """The instructions of the hot loop; with inner, of loops in which there is no other."""
    first, last = hottest(code, labels, *whats, inner=inner)
    return code[first: last + 1]


def hottest(code, labels, *whats, inner=False):
    """(first, last) of the loop with the most of the first of these opcodes that occurs in a loop at all."""
    whats = whats or ("FFMA", "HMMA", "LDG")
    whole = 0, len(code) - 1
    spans = loops(code, labels) or [whole]
    if inner:
        spans = [(first, last) for first, last in spans
                 if not any(first <= a and b <= last and (a, b) != (first, last) for a, b in spans)]
    for what in whats:
        found = {span: count(code[span[0]: span[1] + 1], what) for span in spans}
        if most := max(found.values()):
            return min((span for span in spans if found[span] == most), key=lambda span: span[1] - span[0])
    return whole


def whole_round(code, labels, products):
    """The instructions of a round in which a thread makes so many products; None if they cannot be told.

    They cannot if, beside the hot loop, the round has another loop, whose turns are not known.
    """
    first, last = hottest(code, labels)
    inner = code[first: last + 1]
    spans = loops(code, labels)
    around = [span for span in spans if span[0] <= first and last <= span[1]]
    begin, end = max(around, key=lambda span: span[1] - span[0], default=(first, last))
    others = [span for span in spans if span not in around and begin < span[0] and span[1] < end]
    if others or products % count(inner, "FFMA"):
        return None
    turns = products // count(inner, "FFMA")
    return turns * len(inner) + (end - begin + 1) - len(inner)


def width(opcode):
    """How many bytes an access moves for a thread."""
    return next((bits // 8 for bits in (64, 128) if f".{bits}" in opcode), 4)


def multiplying(code, labels):
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


def copied(code):
    """How many bytes a thread copies to shared memory by instructions that nothing waits for (LDGSTS)."""
    return sum(width(opcode) for opcode, _ in code if opcode.startswith("LDGSTS"))


def row(kernel, rung, architecture, threads, said, code, labels, products=0, **more):
    """What is stored of a kernel; products are those that a thread makes in a round, if it makes any."""
    whats = [] if kernel in ("matmul", "attention") else ["LDG"]
    body = hot(code, labels, *whats, inner=kernel == "attention")
    blocks, warps, limit = residents(architecture, threads, said["registers"], said["shared"])
    shared = [opcode for opcode, _ in body if opcode.split(".")[0] == "LDS"]
    FFMA = count(body, "FFMA")
    all_of_it = whole_round(code, labels, products) if products and FFMA else None
    return {"kernel": kernel, "rung": rung, "architecture": f"sm_{architecture}", **more, "threads": threads,
            **said, "blocks per SM": blocks, "warps per SM": warps,
            "occupancy": significant(warps / SM[architecture]["warps"]), "limited by": limit,
            "hot loop": {"instructions": len(body), "FFMA": FFMA,
                         "LDS": len(shared),
                         "of 16 bytes": sum(width(each) == 16 for each in shared),
                         "HMMA": count(body, "HMMA"), "LDSM": count(body, "LDSM"), "LDG": count(body, "LDG"),
                         "LDGSTS": count(body, "LDGSTS"), "STG": count(body, "STG"),
                         "barriers": count(body, "BAR")},
            **({"FFMA share": significant(FFMA / len(body)), "LDS per FFMA": significant(len(shared) / FFMA)}
               if FFMA and kernel == "matmul" else {}),
            **({"round": {"instructions": all_of_it, "FFMA": products},
                "FFMA share of a round": significant(products / all_of_it)} if all_of_it else {}),
            **({"loops": multiplying(code, labels)} if kernel == "attention" else {}),
            "bytes in flight": in_flight(body) + copied(body) * (more.get("sizes", {}).get("STAGES", 2) - 1)}


# ---- nvcc and nvdisasm ------------------------------------------------------------------------------

def tool(name):
    """The path of a program of the CUDA toolkit; the exit says what to install."""
    path = shutil.which(name)
    if path is None:
        sys.exit(f"{name} is not on the PATH: it is in the CUDA toolkit, and in nvidia-cuda-{name} of PyPI, "
                 "which puts it into site-packages/nvidia/cu13/bin")
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


def unpromised(text):
    """The text of kernels without the promise that their pointers do not overlap."""
    return text.replace("*__restrict__ ", "*")


def rows():
    from scratch.cuda.kernels import launch, matmul
    found = []
    for architecture in ARCHITECTURES:
        for rung, each in matmul.RUNGS.items():
            macros, how = matmul.plan(rung, *3 * [4096], each.gpu)
            said, code, labels = compile_and_read(launch.FOLDER / each.file, architecture, macros)["matmul"]
            said["shared"] += how["shared"]
            threads, s = math.prod(how["block"]), each.gpu
            products = s["BM"] * s["BN"] * s["BK"] // threads if "BK" in s else 0
            found.append(row("matmul", rung, architecture, threads, said, code, labels, products, sizes=s))
        for kernel, (file, rungs, threads, macros) in KERNELS.items():
            read = compile_and_read(launch.FOLDER / file, architecture, macros)
            found += [row(kernel.partition(",")[0], rung, architecture, threads, *read[name])
                      for rung, name in rungs.items()]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "add.cu")
            text = (launch.FOLDER / "add.cu").read_text(encoding="utf-8")
            path.write_text(unpromised(text), encoding="utf-8")
            read = compile_and_read(path, architecture, {})
            found += [row("add", f"{rung}, may overlap", architecture, 256, *read[f"add_{rung}"])
                      for rung in ("strided", "vectors")]
    return found


def judged(rows):
    """The budgets: what can be asked of kernels whose time nobody has taken yet."""
    by = {(each["kernel"], each["rung"]): each for each in rows if each["architecture"] == "sm_90"}
    share = by["matmul", "warps"]["FFMA share of a round"]
    loop = by["matmul", "tensor"]["hot loop"]
    each_takes = significant(loop["instructions"] / loop["HMMA"])
    found = [budget("bytes spilled by all kernels", sum(each["spilled"] for each in rows), 0, "bytes"),
             budget("share of multiply-adds in a round of warps, sm_90", share, 0.9, "", "higher"),
             budget("instructions per HMMA of tensor, sm_90", each_takes, 4)]
    for (kernel, rung), loaded in LOADED.items():
        flying = by[kernel, rung]["bytes in flight"] * by[kernel, rung]["warps per SM"] * 32
        wanted = loaded * H200["bytes per second"] * H200["latency"] / H200["multiprocessors"]
        found.append(budget(f"bytes in flight of {kernel}, {rung}, over what an H200 wants",
                             significant(flying / wanted), 1, "times", "higher"))
    return found


def main(options):
    found = rows()
    for each in found:
        loop = each["hot loop"]
        print(f"{each['architecture']}  {each['kernel']:10} {each['rung']:22} {each['registers']:4} registers"
              f" {each['shared']:6} bytes  {each['blocks per SM']:2} blocks {each['warps per SM']:2} warps"
              f" ({each['limited by']})  {loop['instructions']:4} {loop['FFMA']:4} FFMA {loop['LDS']:3} LDS "
              f"({loop['of 16 bytes']})  {loop['LDG']:2} LDG  {each['bytes in flight']:3} in flight"
              f"{each.get('FFMA share of a round', 0) or '':6}")
    budgets = judged(found)
    at = provenance(__file__)
    at["versions"] |= {"nvcc": version("nvcc"), "nvdisasm": version("nvdisasm")}
    write(options.out, what=WHAT, origin=at, budgets=budgets, rows=found)
    return budgets
