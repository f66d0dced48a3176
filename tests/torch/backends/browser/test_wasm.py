"""What the compiler writes is what Python computes; what it cannot compile it refuses by name and line."""

import base64
import json
import struct
import subprocess

import pytest
from torch_browser import find_node

from scratch.torch.backends.browser.wasm import compiled, signed, unsigned

PROGRAM = """
def whole(a: i32, b: i32) -> i32:
    total = 0
    for i in range(a, b, 3):
        if i % 2 == 0 and i > 4:
            total += i * i - (i >> 1)
        else:
            total -= i // 2
    while total > 1000 or total < -1000:
        total = total // 2
    return total ^ 5 if not total == 3 else (-total | 64) & 127

def fractions(a: f64, b: f64) -> f64:
    half = 0.5 * a
    return halved(sqrt(abs(half)) + Math.pow(b, 2.0), 2) - floor(a / b) + nearest(minimum(a, b))

def halved(x, times):
    for _ in range(times):
        x = x / 2
    return x

def returned(a: i32, b: i32) -> i32:
    for i in range(b):
        if i * i > a:
            return i
    return -1

def four_at_a_time(a: f64, b: f64) -> f64:
    v = f32x4(f32(a)) * 2.0 + f32x4(f32(b))
    w = where(v > 3.0, v, bits(i32x4(v) << 1) * 0.0 + 7.0)
    return f64(lane(w, 0)) + f64(lane(f32x4(i32x4(w) - 1), 3))

def long(a: f64, b: f64) -> f64:
    n = i64(a) * i64(b)
    return f64((n << 3) - n // 3) if n > 0 else f64(-n)
"""


def run(calls):
    """[(name, a, b)] -> the results of PROGRAM's functions, in node."""
    modules = [[base64.b64encode(compiled(PROGRAM, name)).decode(), *numbers] for name, *numbers in calls]
    script = """
        const memory = new WebAssembly.Memory({initial: 1});
        for (const [code, a, b] of JSON.parse(require("fs").readFileSync(0))) {
            const module = new WebAssembly.Module(Buffer.from(code, "base64"));
            const made = new WebAssembly.Instance(module, {m: {memory}, Math});
            console.log(made.exports.run(a, b));
        }"""
    done = subprocess.run([find_node(), "-e", script], input=json.dumps(modules), text=True,
                          capture_output=True)
    assert not done.stderr, done.stderr
    return [float(line) for line in done.stdout.split()]


def in_python(name, a, b):
    """The same function, with // rounding toward 0 where it matters."""
    import math

    def whole(a, b):
        total = 0
        for i in range(a, b, 3):
            if i % 2 == 0 and i > 4:
                total += i * i - (i >> 1)
            else:
                total -= int(i / 2)
        while total > 1000 or total < -1000:
            total = int(total / 2)
        return total ^ 5 if total != 3 else (-total | 64) & 127

    def fractions(a, b):
        return (math.sqrt(abs(a / 2)) + b**2) / 4 - math.floor(a / b) + round(min(a, b))

    def returned(a, b):
        return next((i for i in range(b) if i * i > a), -1)

    def four_at_a_time(a, b):
        single = struct.unpack("f", struct.pack("f", a * 2.0 + b))[0]
        w = single if single > 3 else 7.0
        return w + (int(w) - 1)

    def long(a, b):
        n = int(a) * int(b)
        return (n << 3) - n // 3 if n > 0 else -n
    return locals()[name](a, b)


def test_functions_compute_what_python_computes():
    """Oracle: Python. Of 64 bits, numbers beyond 32."""
    calls = [("whole", a, b) for a, b in ((0, 20), (-9, 9), (3, 3), (5, 200), (0, 4))]
    calls += [("fractions", a, b) for a, b in ((2.0, 1.5), (-7.25, 0.5), (9.0, 3.0))]
    calls += [("returned", a, b) for a, b in ((10, 9), (100, 4), (0, 0))]
    calls += [("four_at_a_time", a, b) for a, b in ((2.0, 0.5), (0.25, 0.5))]
    calls += [("long", a, b) for a, b in ((3e9, 5.0), (-3e9, 7.0))]
    assert run(calls) == pytest.approx([in_python(*call) for call in calls], rel=1e-15)


@pytest.mark.parametrize("text, says", [
    ("def f(a):\n    return a", "the parameter a has no type"),
    ("def f(a: i32):\n    b = c", "line 2: nothing has been assigned to this: c"),
    ("def f(a: i32):\n    with a:\n        b = 1", "line 2: this cannot be compiled"),
    ("def f(a: f32, b: f64):\n    c = a + b", "line 2: this is f64, and f32 is wanted: b"),
    ("def f(a: f32):\n    c = a % a", "f32 has no Mod"),
    ("def f(a: f32):\n    if a:\n        b = 1", "a condition is of numbers"),
    ("def f(a: i32):\n    a", "this does nothing"),
    ("def f(a: i128):\n    b = a", "'i128' is none of i32, i64"),
    ("def f(a: i64):\n    b = f32x4(a)", "i64 is not converted to f32x4"),
    ("def f(a: i32):\n    b = g(a)\ndef g(a):\n    if a:\n        return 1\n    return 2",
     "returns at its end only"),
])
def test_what_cannot_be_compiled_is_refused(text, says):
    with pytest.raises(SyntaxError, match=says.replace("(", r"\(")):
        compiled(text, "f")


def test_whole_numbers_are_written_in_seven_bits_a_byte():
    """Oracle: the examples of the format's description."""
    assert unsigned(624485) == bytes([0xE5, 0x8E, 0x26]) and signed(-123456) == bytes([0xC0, 0xBB, 0x78])
    assert unsigned(0) == signed(0) == b"\0" and signed(64) == bytes([0xC0, 0]) and signed(-64) == b"\x40"
