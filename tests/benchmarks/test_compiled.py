"""What is counted in the machine code of the kernels; the oracles are counts by hand."""

import shutil

import pytest

from benchmarks import compiled
from benchmarks.results import read
from kernels import NVCC, needs_nvcc
from kernels import compiled as as_ptxas_says
from scratch.cuda.kernels.matmul import RUNGS, plan

SASS = """
.text._Z4loopPf:
        /*0000*/                   LDC R1, c[0x0][0x28] ;
.L_x_1:
        /*0010*/                   LDG.E R2, desc[UR4][R6.64] ;
        /*0020*/                   LDG.E.128 R8, desc[UR4][R14.64] ;
.L_x_0:
        /*0030*/                   LDS.128 R20, [R5] ;
        /*0040*/                   FFMA R3, R20, R21, R3 ;
        /*0050*/               @P0 BRA `(.L_x_0) ;
        /*0060*/                   FADD R4, R2, R4 ;
        /*0070*/                   FADD R4, R11, R4 ;
        /*0080*/              @!P1 BRA `(.L_x_1) ;
.L_x_2:
        /*0090*/                   BRA `(.L_x_2);
"""


def test_the_hot_loop_is_the_shortest_with_the_most_multiply_adds():
    code, labels = compiled.instructions(SASS)["_Z4loopPf"]
    assert compiled.loops(code, labels) == [(3, 5), (1, 8)]
    assert [opcode for opcode, _ in compiled.hot(code, labels)] == ["LDS.128", "FFMA", "BRA"]
    assert compiled.hot(code, labels, inner=True) == compiled.hot(code, labels)
    more = [*code[:7], ("FFMA", "R1, R1, R1, R1"), *code[7:]]    # in the outer loop
    assert len(compiled.hot(more, labels)) > len(compiled.hot(more, labels, inner=True)) == 3
    without = [(opcode.replace("FFMA", "FADD"), operands) for opcode, operands in code]
    assert len(compiled.hot(without, labels)) == len(compiled.hot(code, labels, "LDG")) == 8


def test_a_round_counts_the_hot_loop_as_often_as_it_turns():
    """The outer loop's eight instructions, of which three are the inner one's, and that three more times."""
    code, labels = compiled.instructions(SASS)["_Z4loopPf"]
    assert compiled.whole_round(code, labels, products=4) == 8 + 3 * 3
    alone = code[:1] + code[3:6]
    assert compiled.whole_round(alone, {".L_x_0": 1}, products=1) == 3


def test_the_loops_that_multiply_are_counted_the_inner_one_first():
    inner, outer = compiled.multiplying(*compiled.instructions(SASS)["_Z4loopPf"])
    assert inner == {"instructions": 3, "FFMA": 1, "LDS": 1, "of 16 bytes": 1}
    assert outer == {"instructions": 8, "FFMA": 1, "LDS": 1, "of 16 bytes": 1}


@pytest.mark.parametrize("code, most", [
    ([("LDG.E", "R2, [R6]"), ("FADD", "R3, R2, R3")], 4),
    ([("LDG.E", "R2, [R6]"), ("LDG.E.128", "R8, [R6]"), ("FADD", "R3, R2, R11")], 20),
    ([("LDG.E", "R2, [R6]"), ("FADD", "R3, R2, R3"), ("LDG.E", "R2, [R6]"), ("FADD", "R3, R2, R3")], 4),
    ([("FADD", "R3, R4, R3")], 0),
])
def test_bytes_are_in_flight_until_a_register_is_named_that_they_will_fill(code, most):
    assert compiled.in_flight(code) == most


@pytest.mark.parametrize("threads, registers, shared, found", [
    (1024, 32, 0, (2, 64, "threads")),                 # 2 x 32 warps are all 64
    (256, 128, 0, (2, 16, "registers")),               # 65536 / (256 x 128)
    (256, 129, 0, (1, 8, "registers")),                # rounded up to 136
    (128, 32, 48 << 10, (4, 16, "shared memory")),     # 228 kB / (48 kB + 1 kB)
    (32, 16, 0, (32, 32, "blocks")),
])
def test_a_multiprocessor_has_room_for_as_many_blocks_as_the_scarcest_thing_allows(
        threads, registers, shared, found):
    assert compiled.residents(90, threads, registers, shared) == found


def test_the_stored_counts_meet_their_budgets():
    found = compiled.judged(read("compiled")["rows"])
    assert found == read("compiled")["budgets"] and all(each["holds"] for each in found) and len(found) == 19


def test_without_the_promise_the_texts_are_the_same_but_for_the_word():
    from scratch.cuda.kernels import launch
    text = (launch.FOLDER / "add.cu").read_text(encoding="utf-8")
    without = compiled.unpromised(text)
    assert text.count("*__restrict__ ") == 6 and "*__restrict__ " not in without


@needs_nvcc
@pytest.mark.parametrize("rung", [rung for rung in RUNGS if rung != "tensor"])
def test_stored_registers_are_what_this_compiler_says(rung):
    """If a kernel has changed, run `python -m benchmarks compiled` again."""
    stored = read("compiled")
    if compiled.version("nvcc") != stored["from"]["versions"]["nvcc"]:
        pytest.skip(f"{NVCC} is another version, which may count otherwise")
    macros, how = plan(rung, 4096, 4096, 4096, RUNGS[rung].gpu)
    found = as_ptxas_says(RUNGS[rung].file, **macros)
    for row in stored["rows"]:
        if (row["kernel"], row["rung"]) == ("matmul", rung):
            said = found["matmul", int(row["architecture"][3:])]
            assert row["sizes"] == RUNGS[rung].gpu
            assert (row["registers"], row["shared"]) == (said.registers, said.shared + how["shared"])
            assert row["spilled"] == 0 == said.stack


@pytest.mark.skipif(not (NVCC and shutil.which("nvdisasm")), reason="no nvcc, or no nvdisasm")
def test_the_machine_code_of_a_kernel_can_be_read():
    from scratch.cuda.kernels import launch
    said, code, labels = compiled.compile_and_read(launch.FOLDER / "add.cu", 90, {})["add_strided"]
    assert said["registers"] and compiled.count(compiled.hot(code, labels), "LDG") >= 2
