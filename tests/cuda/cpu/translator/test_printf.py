"""printf writes what C's writes, for each conversion, width, precision and length."""

import re

import pytest

from scratch.cuda.compiler import NotOnCPU, SourceModule

CALLS = {    # arguments in C -> what is written
    '"%f", 123456789.123': "123456789.123000", '"%.15f", 1.0 / 3': "%.15f" % (1 / 3),
    '"%e", 1e300': "1.000000e+300",
    '"%.1f", 16777217.0': "16777217.0", '"%g", 0.1': "0.1", '"%.17g", 0.1': "%.17g" % 0.1,
    '"%12.3f|", 2.5f': "       2.500|",
    '"%-12.3e|", -2.5': "-2.500e+00  |", '"%+.2f", 2.5f': "+2.50", '"%08.2f", -2.5': "-0002.50",
    '"%lf", 0.25': "0.250000",
    '"%12lld|", -5000000000LL': " -5000000000|", '"%-8llu|", 5ull': "5       |",
    '"%016llx", 0xdeadbeefcafeULL': "0000deadbeefcafe",
    '"%5zu|", sizeof(int)': "    4|", '"%ld", 1L << 40': str(1 << 40), '"%lld", 1LL << 40': str(1 << 40),
    '"%d %u %x %X %o", -3, 3u, 255, 255, 8': "-3 3 ff FF 10", '"%5d|%-5d|%05d", 3, 3, 3': "    3|3    |00003",
    '"%hd", 7': "7", '"%i", 7': "7", '"%c%c", 65, \'b\'': "Ab", '"%s", "text"': "text",
    '"100%%lld"': "100%lld",
    '"100%%"': "100%", '"%.*f", 2, 3.14159': "3.14", '"%*d|", 5, 3': "    3|",
    '"%*.*f|", 8, 1 + 1, 2.5': "    2.50|",
    '"%d" " and " "%d", 1, 2': "1 and 2", '"plain"': "plain", '"%d %f %d", 1, 2.0, 3': "1 2.000000 3",
}


def test_printf_writes_what_c_writes(capsys):
    """One kernel calls it in every way, a line for each."""
    body = "".join(f'printf({call}); printf("\\n"); ' for call in CALLS)
    SourceModule("__global__ void k() { " + body + "}").get_function("k")(block=(1, 1, 1))
    written = capsys.readouterr().out.splitlines()
    assert dict(zip(CALLS, written, strict=True)) == CALLS


def test_a_width_that_is_no_constant_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")      # with one it runs: cxx/test_library.py
    with pytest.raises(NotOnCPU, match=re.escape("a width or a precision (*) that is not a constant")):
        SourceModule('__global__ void k(int n) { printf("%*d", n, 3); }')


def test_other_strings_stay_as_they_are(capsys):
    SourceModule('__global__ void k() { printf("%s", "100%lld %z"); }').get_function("k")(block=(1, 1, 1))
    assert capsys.readouterr().out == "100%lld %z"
