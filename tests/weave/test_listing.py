"""A listing is the object's source as it stands in the file, and an unknown name is an error."""

import inspect
import re
import textwrap
from pathlib import Path

import pytest

from weave import WeaveError
from weave.imports import Modules, unreadable
from weave.listing import find
from weave.listing.c import definitions

ROOT = Path(__file__).resolve().parents[2]

MODULE = '''"""A module."""

LIMIT: int = 3
TABLE = {
    "a": 1,
}


def plain():
    return 1


class Thing:
    """A thing."""

    size = 2

    @property
    @staticmethod
    def method():
        """Say so."""
        return 1

    class Inner:
        pass

    @property
    def width(self):
        return self._width

    def between(self):
        return """
flush left
"""

    @width.setter
    def width(self, width):
        self._width = width
'''

KERNELS = r'''// The head of the file.

#define TILE 32    // not the comment of what follows
__constant__ float weights[TILE + 1];

// Says "}" and '{', and /* opens nothing.
/* Two
   lines. */
#define A(m, k) a[(m) * \
                  (k)]

struct Pair { int a; int b; };

// not touching

extern "C" {
// Counts { in a string.
__global__ void __launch_bounds__(TILE * 2)
count(const char *text, int (*f)(int))
{
    const char *brace = "}}\"}";    // }
    if (text[0] == '}') { brace = "{"; }
#if TILE
    for (;;) {
#else
    while (1) {
#endif
        /* } */
    }
}
}

float declared(float x);

template <int N, typename T = float>
__device__ T
declared(T x) { return x; }

#ifdef FAST
// fast
__device__ float twice(float x) { return x + x; }
#else
__device__ float twice(float x) { return 2 * x; }
#endif

void one() { }
void one(int) { }
'''


@pytest.fixture
def root(book):
    book.write("src/pack/module.py", MODULE)
    book.write("src/pack/__init__.py", "DOOR = 1\n")
    book.write("src/pack/kernels.cu", KERNELS)
    return book.root


@pytest.mark.parametrize("name, first, last, begins, ends", [
    ("LIMIT", 3, 3, "LIMIT: int", "= 3"),
    ("TABLE", 4, 6, "TABLE = {", "}"),
    ("plain", 9, 10, "def plain", "return 1"),
    ("Thing.size", 16, 16, "size = 2", "size = 2"),
    ("Thing.method", 18, 22, "@property", "    return 1"),
    ("Thing.Inner", 24, 25, "class Inner", "    pass"),
])
def test_every_kind_of_definition_is_found_and_dedented(root, name, first, last, begins, ends):
    found = find(f"pack.module.{name}", root)
    assert (found.first, found.last) == (first, last)
    assert found.text.startswith(begins) and found.text.endswith(ends)
    assert str(found.path) == "src/pack/module.py"
    assert (found.title, found.language) == (name, "python")


def test_a_whole_module_is_a_listing_too_and_a_package_is_a_module(root):
    found = find("pack.module", root)
    assert (found.text, found.title, found.language) == (MODULE.rstrip(), "module.py", "python")
    assert (found.first, found.last) == (1, MODULE.count("\n"))
    assert find("pack.DOOR", root).text == "DOOR = 1"


def test_a_property_is_shown_with_its_setter_and_without_what_stands_between(root):
    found = find("pack.module.Thing.width", root)
    assert found.text == ("@property\ndef width(self):\n    return self._width\n\n"
                          "@width.setter\ndef width(self, width):\n    self._width = width")
    lines = MODULE.splitlines()
    assert lines[found.first - 1] == "    @property" and lines[found.last - 1].endswith("= width")


def test_text_that_is_flush_left_does_not_stop_a_method_from_being_dedented(root):
    assert find("pack.module.Thing.between", root).text == (
        'def between(self):\n    return """\nflush left\n"""')


@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028",
                                  "\u2029"], ids=ascii)
def test_lines_are_counted_as_pythons_parser_counts_them(book, sign):
    """Every one of these ends a line for str.splitlines; for Python the first three do.

    Oracle: compile, whose code objects carry line numbers.
    """
    text = f'TEXT = """a{sign}b"""\n# c{sign}#d\n\ndef f():\n    return 1\n\nLAST = f()\n'
    path = book.write("src/module.py", "")
    path.write_bytes(text.encode())
    code = compile(text, "module.py", "exec")
    function = next(each for each in code.co_consts if inspect.iscode(each))
    found = find("module.f", book.root)
    assert found.text == "def f():\n    return 1" and found.first == function.co_firstlineno
    assert find("module.LAST", book.root).text == "LAST = f()"


@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028",
                                  "\u2029"], ids=ascii)
def test_lines_of_c_are_counted_as_compilers_count_them(book, sign):
    """Oracle: by hand.  Only the first three end a line, and with it a comment."""
    book.write("src/a.cu", "").write_bytes(
        f'// a{sign}#define B 1\n\n// f\nvoid f(char *c) {{\n    c = "{{";\n}}\n{sign}#define C 2\n'.encode())
    found = find("a.cu f", book.root)
    more = sign in ("\n", "\r", "\r\n")
    assert found.text == '// f\nvoid f(char *c) {\n    c = "{";\n}'
    assert (found.first, found.last) == (3 + more, 6 + more)
    if sign in "\r\n\v\f":    # white space before a directive
        assert find("a.cu C", book.root).text.lstrip() == "#define C 2"


def test_a_form_feed_before_the_indentation_counts_for_nothing(book):
    """Oracle: inspect and textwrap, on the same text without the form feed."""
    text = "class Thing:\n    @property\n    def size(self):\n        return 1\n"
    text = text.replace("    @", "\f    @").replace("        return", "\f        return")
    book.write("src/module.py", text)
    assert find("module.Thing.size", book.root).text == "@property\ndef size(self):\n    return 1"


@pytest.mark.parametrize("name, text", [
    ("f", "def f(x):\n    return x\n\nf = jit(f)"),
    ("TABLE", "TABLE = [1]\n\nTABLE += [2]"),
    ("Thing.size", "def size(self):\n    return 1\n\nsize = property(size)"),
    ("Thing.set", "def set(self):\n    pass\n\n@set.register(int)\ndef set(self):\n    return 2"),
    ("again", "def again():\n    return 2"),
])
def test_a_name_that_builds_on_itself_is_shown_with_what_it_builds_on(book, name, text):
    book.write("src/module.py", """def f(x):
    return x


between = 1
f = jit(f)
TABLE = [1]
TABLE += [2]


class Thing:
    def size(self):
        return 1
    size = property(size)

    def set(self):
        pass

    @set.register(int)
    def set(self):
        return 2


def again():
    return 1


def again():
    return 2
""")
    assert find(f"module.{name}", book.root).text == text


def test_a_module_in_another_encoding_or_with_a_byte_order_mark_is_read_as_python_reads_it(book):
    book.write("src/a.py", "").write_bytes("# coding: latin-1\nNAME = 'é'\n".encode("latin-1"))
    book.write("src/b.py", "").write_bytes(b"\xef\xbb\xbfNAME = 1\n")
    assert find("a.NAME", book.root).text == "NAME = 'é'" and find("b.NAME", book.root).text == "NAME = 1"


@pytest.mark.parametrize("content, at, says", [
    (b"x = 1\ny = = 2\n", 2, "not Python: invalid syntax\n    2 | y = = 2"),
    (b"x = 1\n# a\x00\n", 2, "not Python: source code "),
    (b"x = '\xe9'\n", 1, "not Python: "),
    (b"# coding: nonsense\n", 1, "not Python: unknown encoding"),
    (b"def f():\nreturn 1\n", 2, "not Python: expected an indented block"),
])
def test_a_module_that_is_not_python_is_named_with_its_line(book, content, at, says):
    book.write("src/pack/module.py", "").write_bytes(content)
    modules = Modules(book.root)
    for ask in (lambda: find("pack.module.x", book.root), lambda: modules.closure(["pack.module"])):
        with pytest.raises(WeaveError) as caught:
            ask()
        assert str(caught.value).startswith(f"src/pack/module.py:{at}: {says}")
    assert [error.line for error in unreadable(book.root)] == [at]


@pytest.mark.parametrize("name, begins, ends", [
    ("TILE", "#define TILE 32 ", "of what follows"),
    ("weights", "__constant__ float weights", "+ 1];"),
    ("A", "// Says", "    (k)]"),
    ("Pair", "struct Pair {", "};"),
    ("count", "// Counts { in a string.\n__global__ void __launch", "        /* } */\n    }\n}"),
    ("declared", "template <int N", "declared(T x) { return x; }"),
    ("twice", "#ifdef FAST", "#endif"),
])
def test_a_definition_in_c_is_shown_from_the_comment_above_it_to_its_closing_brace(root, name, begins, ends):
    found = find(f"pack/kernels.cu {name}", root)
    assert found.text.startswith(begins) and found.text.endswith(ends)
    assert "\n".join(KERNELS.split("\n")[found.first - 1 : found.last]) == found.text
    assert (str(found.path), found.title, found.language) == ("src/pack/kernels.cu", name, "c")


def test_a_file_of_c_is_a_listing_too(root):
    found = find("pack/kernels.cu", root)
    assert (found.text, found.title, found.last) == (KERNELS.rstrip(), "kernels.cu", KERNELS.count("\n"))


def test_every_function_of_the_books_kernels_is_found():
    """Oracle: the lines that begin with __global__ or __device__, one for each function."""
    files = sorted((ROOT / "src").rglob("*.cu"))
    for path in files:
        text = path.read_text(encoding="utf-8")
        begun = [number for number, line in enumerate(text.split("\n"), 1)
                 if re.match(r'(extern "C" )?__(global|device)__ ', line)]
        functions = [each for each in definitions(text)[0] if each.first in begun]
        assert [each.first for each in functions] == begun, path
        assert all(text.split("\n")[each.last - 1].endswith("}") for each in functions), path
    assert len(files) >= 16


def test_the_text_is_what_inspect_says():
    """Oracle: the inspect module, on an object of the weave itself."""
    import weave.listing.python

    found = find("weave.listing.python.definitions", ROOT)
    assert found.text == textwrap.dedent(inspect.getsource(weave.listing.python.definitions)).rstrip()


@pytest.mark.parametrize("name, says", [
    ("pack.module.Thing.metod", "the nearest is 'method'"),
    ("pack.module.missing", "no 'missing' in pack.module"),
    ("pack.module.plain.inside", "no 'inside' in pack.module.plain"),
    ("elsewhere.module", "no module in src begins 'elsewhere.module'"),
    ("pack.modul", "no 'modul' in pack; the nearest is 'module'"),
    ("pack.module plain", "written with a dot, pack.module.plain"),
    ("pack/module.py", "a Python module is named with dots: pack.module"),
    ("pack/kernel.cu", "no file src/pack/kernel.cu; the nearest is 'pack/kernels.cu'"),
    ("pack/kernels.cu cout", "no 'cout' in src/pack/kernels.cu; the nearest is 'count'"),
    ("pack/kernels.cu one", "'one' is defined more than once in src/pack/kernels.cu, at lines 46, 47"),
])
def test_an_unknown_name_is_an_error_that_says_what_there_is(root, name, says):
    with pytest.raises(LookupError, match=says):
        find(name, root)
