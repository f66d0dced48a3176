"""A compiler from a small part of Python to WebAssembly, the machine code of browsers.

    >>> program = '''
    ... def scale(a: f32s, factor: f32, n: i32):
    ...     for i in range(n):
    ...         a[i] = times(a[i], factor)
    ...
    ... def times(x, y):
    ...     return x * y
    ... '''
    >>> code = compiled(program, "scale")
    >>> code[:4], len(code) < 150
    (b'\\x00asm', True)
    >>> compiled(program, "times")
    Traceback (most recent call last):
    SyntaxError: times: the parameter x has no type; write x: f32, or another of KINDS

    i32 i64 f32 f64     numbers              i32s i64s f32s f64s u8s   rows in memory
    f32x4 i32x4 f64x2   vectors of numbers   a[i]   a + i     element, where it lies

A function is compiled for `run(a, b, ...)`, the export of a module that works in a
memory which it is given. Parameters have types; what is assigned has that of what is
assigned to it first. A function that it calls is written into it, as if its text stood
there, so it can be called with numbers and with vectors, and may return only at its
end. What a template leaves open is given as words: {"OP": "times", "T": "f64"}.

There are: for with range, while, if, assignments, + - * / // % & | ^ << >>, comparisons
(of vectors, a mask), `a if c else b` (both are computed), and what BUILT_IN lists.
A division of whole numbers rounds toward 0. What Python would do beyond, overflow into
longer numbers for one, this does not; what it cannot compile it refuses.

Haas and others, Bringing the web up to speed with WebAssembly, PLDI 2017.

Chapter: docs/torch/dispatch.md.  To copy: this file alone.
"""

import ast
import functools
import struct

KINDS = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C,
         "f32x4": 0x7B, "i32x4": 0x7B, "f64x2": 0x7B}
SIZES = {"i32": 4, "i64": 8, "f32": 4, "f64": 8, "u8": 1}
LOAD = {"i32": 0x28, "i64": 0x29, "f32": 0x2A, "f64": 0x2B, "u8": 0x2D}
STORE = {"i32": 0x36, "i64": 0x37, "f32": 0x38, "f64": 0x39, "u8": 0x3A}
ELEMENT = {"f32x4": "f32", "i32x4": "i32", "f64x2": "f64"}
SPLAT = {"i32x4": 0x11, "f32x4": 0x13, "f64x2": 0x14}
EXTRACT = {"i32x4": 0x1B, "f32x4": 0x1F, "f64x2": 0x21}


def numbered(names, kind, first):
    """{(name, kind): opcode}, counted from the first."""
    return {(name, kind): first + n for n, name in enumerate(names.split())}


OPERATORS = (
    numbered("Add Sub Mult FloorDiv - Mod - BitAnd BitOr BitXor LShift RShift unsigned",
             "i32", 0x6A)
    | numbered("Add Sub Mult FloorDiv - Mod - BitAnd BitOr BitXor LShift RShift "
               "unsigned", "i64", 0x7C)
    | numbered("abs USub ceil floor trunc nearest sqrt Add Sub Mult Div minimum "
               "maximum copysign", "f32", 0x8B)
    | numbered("abs USub ceil floor trunc nearest sqrt Add Sub Mult Div minimum "
               "maximum copysign", "f64", 0x99)
    | numbered("Eq NotEq Lt - Gt - LtE - GtE -", "i32", 0x46)
    | numbered("Eq NotEq Lt - Gt - LtE - GtE -", "i64", 0x51)
    | numbered("Eq NotEq Lt Gt LtE GtE", "f32", 0x5B)
    | numbered("Eq NotEq Lt Gt LtE GtE", "f64", 0x61))
VECTOR = (    # after a prefix, 0xFD
    numbered("abs USub - sqrt Add Sub Mult Div minimum maximum", "f32x4", 0xE0)
    | numbered("ceil floor trunc nearest", "f32x4", 0x67)
    | numbered("abs USub - sqrt Add Sub Mult Div minimum maximum", "f64x2", 0xEC)
    | numbered("LShift RShift unsigned Add - - Sub - - - Mult", "i32x4", 0xAB)
    | numbered("BitAnd - BitOr BitXor", "i32x4", 0x4E)
    | numbered("Eq NotEq Lt - Gt - LtE - GtE -", "i32x4", 0x37)
    | numbered("Eq NotEq Lt Gt LtE GtE", "f32x4", 0x41))
COMPARED = {"Eq", "NotEq", "Lt", "Gt", "LtE", "GtE"}
CONVERT = {    # (from, to): opcode
    ("i64", "i32"): 0xA7, ("i32", "i64"): 0xAC, ("i32", "f32"): 0xB2,
    ("i64", "f32"): 0xB4, ("f64", "f32"): 0xB6, ("i32", "f64"): 0xB7,
    ("i64", "f64"): 0xB9, ("f32", "f64"): 0xBB}
SATURATE = {("f32", "i32"): 0, ("f64", "i32"): 2, ("f32", "i64"): 4, ("f64", "i64"): 6}
BITS = {"f32": (0xBC, "i32"), "f64": (0xBD, "i64"), "i32": (0xBE, "f32"),
        "i64": (0xBF, "f64")}
MATH = {name: 1 for name in (    # of JavaScript's Math: how many numbers each takes
    "exp expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh "
    "acosh atanh").split()} | {"pow": 2, "atan2": 2}
BUILT_IN = """
    f32(x) f64(x) i32(x) i64(x)    converted; to whole ones toward 0, at most the ends
    f32x4(x) i32x4(x) f64x2(x)     a number four (two) times, or a vector converted
    bits(x)                        the same bits as a whole number, or back
    four(a, i)   put4(a, i, v)     a[i] to a[i + 3] as a vector, read and written
    pair(a, i)                     a[i] and a[i + 1], of f32s, as f64x2
    spread(a, i)                   f32x4(a[i])      lane(v, 0)    a number of a vector
    where(mask, a, b)              of vectors, lane by lane
    abs ceil floor trunc nearest sqrt minimum maximum copysign    unsigned(x, n): x >> n
    Math.exp(x) ...                JavaScript's, of f64s
"""


def unsigned(n):
    """LEB128: seven bits a byte, the last ones first."""
    found = bytearray()
    while n > 0x7F:
        found.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(found + bytes([n]))


def signed(n):
    found = bytearray()
    while not -64 <= n < 64:
        found.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(found + bytes([n & 0x7F]))


def listed(items):
    return unsigned(len(items)) + b"".join(items)


def named(text):
    return unsigned(len(text)) + text.encode()


def section(number, content):
    return bytes([number]) + unsigned(len(content)) + content


@functools.cache
def parsed(program):
    """The text of functions -> {name: its tree}."""
    return {node.name: node for node in ast.parse(program).body
            if isinstance(node, ast.FunctionDef)}


def compiled(program, name, words=None):
    """The text of functions, and the name of one -> a module that exports it as run."""
    function = Function(parsed(program), name, words or {})
    imports = [named("m") + named("memory") + b"\x02\x00\x00"]
    types = [b"\x60" + listed([b"\x7c"] * n) + listed([b"\x7c"]) for n in (1, 2)]
    for each in function.imports:
        imports.append(named("Math") + named(each) + b"\0" + unsigned(MATH[each] - 1))
    result = [bytes([KINDS[function.result]])] if function.result else []
    parameters = [bytes([function.code_of(kind)]) for kind in function.parameters]
    types.append(b"\x60" + listed(parameters) + listed(result))
    place = unsigned(len(function.imports))
    return (b"\0asm\1\0\0\0" + section(1, listed(types)) + section(2, listed(imports))
            + section(3, listed([b"\2"]))
            + section(7, listed([named("run") + b"\0" + place]))
            + section(10, listed([unsigned(len(function.body)) + function.body])))


class Function:
    """The tree of a function -> its parameters' kinds, its result's, and its body."""

    def __init__(self, functions, name, words):
        self.functions, self.words, self.name = functions, words, name
        self.imports, self.kinds, self.places = [], [], {}
        self.result, self.scope, self.code = None, "", bytearray()
        self.find_imports(name, set())
        tree = functions[name]
        for each in tree.args.args:
            if each.annotation is None:
                raise SyntaxError(f"{name}: the parameter {each.arg} has no type; "
                                  f"write {each.arg}: f32, or another of KINDS")
            self.local(each.arg, self.word(each.annotation.id))
        self.parameters = list(self.kinds)
        self.block(tree.body)
        if self.result:
            self.code += b"\0"                                        # unreachable
        locals_ = [b"\1" + bytes([self.code_of(kind)])
                   for kind in self.kinds[len(self.parameters):]]
        self.body = listed(locals_) + bytes(self.code) + b"\x0b"

    def find_imports(self, name, seen):
        """Functions of Math that the function needs, and those that it calls."""
        seen.add(name)
        for node in ast.walk(self.functions[name]):
            if isinstance(node, ast.Attribute) and node.attr not in self.imports:
                self.imports.append(self.word(node.attr))
            if isinstance(node, ast.Name):
                other = self.word(node.id)
                if other in self.functions and other not in seen:
                    self.find_imports(other, seen)
        self.imports = list(dict.fromkeys(self.imports))

    def word(self, name):
        """What a template's word stands for: T, and in Ts, too."""
        if name in self.words:
            return self.words[name]
        if name[-1:] == "s" and name[:-1] in self.words:
            return self.words[name[:-1]] + "s"
        return name

    @staticmethod
    def code_of(kind):
        return KINDS["i32"] if kind[-1] == "s" else KINDS[kind]

    def local(self, name, kind):
        """A new local variable -> its place."""
        if kind[-1] != "s" and kind not in KINDS:
            raise SyntaxError(f"{self.name}: {kind!r} is none of {', '.join(KINDS)}")
        place = self.places[self.scope, name] = len(self.kinds)
        self.kinds.append(kind)
        return place

    def refuse(self, node, why):
        raise SyntaxError(f"{self.name}, line {getattr(node, 'lineno', '?')}: {why}: "
                          f"{ast.unparse(node)}")

    # kinds

    def kind(self, node):
        """The kind that an expression has, None for a number written out."""
        if isinstance(node, ast.Constant):
            return None
        if isinstance(node, ast.Name):
            if (self.scope, node.id) not in self.places:
                self.refuse(node, "nothing has been assigned to this")
            return self.kinds[self.places[self.scope, node.id]]
        if isinstance(node, ast.BinOp):
            return self.kind(node.left) or self.kind(node.right)
        if isinstance(node, ast.UnaryOp):
            return self.kind(node.operand)
        if isinstance(node, ast.IfExp):
            return self.kind(node.body) or self.kind(node.orelse)
        if isinstance(node, ast.Compare):
            of = self.common(node.left, node.comparators[0])
            return "i32x4" if of == "f32x4" else of if of == "i32x4" else "i32"
        if isinstance(node, ast.BoolOp):
            return "i32"
        if isinstance(node, ast.Subscript):
            element = self.kind(node.value)[:-1]
            return "i32" if element == "u8" else element
        if isinstance(node, ast.Call):
            return self.kind_of_call(node)
        self.refuse(node, "this has no kind")

    def common(self, *nodes):
        return next(filter(None, map(self.kind, nodes)), "i32")

    def kind_of_call(self, node):
        if isinstance(node.func, ast.Attribute):
            return "f64"
        name, a = self.word(node.func.id), node.args
        if name in self.functions:
            scope, code, kinds = self.scope, self.code, len(self.kinds)
            kept = dict(self.places)
            self.code = bytearray()                  # compiled to see, and forgotten
            found = self.inline(name, node)
            self.scope, self.code, self.places = scope, code, kept
            del self.kinds[kinds:]
            return found
        if name in KINDS or name == "u8":
            return "i32" if name == "u8" else name
        if name == "bits":
            of = self.kind(a[0])
            return {"f32x4": "i32x4", "i32x4": "f32x4"}.get(of) or BITS[of][1]
        if name in ("four", "spread"):
            return "i32x4" if self.kind(a[0]) == "i32s" else "f32x4"
        if name == "pair":
            return "f64x2"
        if name == "lane":
            return ELEMENT[self.kind(a[0])]
        return self.common(*a[1:]) if name == "where" else self.common(*a)

    # statements

    def block(self, statements):
        for each in statements:
            getattr(self, type(each).__name__, self.unknown)(each)

    def unknown(self, node):
        self.refuse(node, "this cannot be compiled")

    def Expr(self, node):
        if isinstance(node.value, ast.Constant):                      # a docstring
            return
        call, name = node.value, ""
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            name = self.word(call.func.id)
        if name == "put4":
            a, i, v = call.args
            offset = self.address(a, i)
            self.expression(v)
            self.code += b"\xfd\x0b\2" + unsigned(offset)
        elif name in self.functions:
            if self.inline(name, call):
                self.code += b"\x1a"                                  # drop
        else:
            self.refuse(node, "this does nothing")

    def Assign(self, node):
        [target] = node.targets
        if isinstance(target, ast.Tuple):         # one after the other, from the left
            for each, value in zip(target.elts, node.value.elts, strict=True):
                self.Assign(ast.copy_location(ast.Assign([each], value), node))
            return
        if isinstance(target, ast.Subscript):
            element = self.kind(target.value)[:-1]
            offset = self.address(target.value, target.slice)
            self.expression(node.value, "i32" if element == "u8" else element)
            self.code += bytes([STORE[element], 0]) + unsigned(offset)
            return
        kind = self.kinds[self.places[self.scope, target.id]] if (
            self.scope, target.id) in self.places else self.kind(node.value) or (
                "f64" if isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, float) else "i32")
        self.expression(node.value, kind)
        self.set(target.id, kind)

    def set(self, name, kind):
        place = self.places.get((self.scope, name))
        place = self.local(name, kind) if place is None else place
        self.code += b"\x21" + unsigned(place)

    def AugAssign(self, node):
        read = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
        self.Assign(ast.copy_location(ast.Assign([node.target], read), node))

    def If(self, node):
        self.condition(node.test)
        self.code += b"\x04\x40"
        self.block(node.body)
        if node.orelse:
            self.code += b"\x05"
            self.block(node.orelse)
        self.code += b"\x0b"

    def While(self, node):
        self.code += b"\x02\x40\x03\x40"                              # block, loop
        self.condition(node.test)
        self.code += b"\x45\x0d\x01"                                  # not: leave
        self.block(node.body)
        self.code += b"\x0c\x00\x0b\x0b"

    def For(self, node):
        bounds = node.iter.args
        start, stop = (ast.Constant(0), *bounds)[-2:] if len(bounds) < 3 else bounds[:2]
        step = bounds[2].value if len(bounds) == 3 else 1
        self.expression(start, "i32")
        self.set(node.target.id, "i32")
        if isinstance(stop, ast.Constant):
            end = stop
        else:
            end = ast.Name(f"end of {node.target.id} {len(self.kinds)}")
            self.expression(stop, "i32")
            self.set(end.id, "i32")
        self.code += b"\x02\x40\x03\x40"
        self.condition(ast.Compare(node.target, [ast.Lt()], [end]))
        self.code += b"\x45\x0d\x01"
        self.block(node.body)
        self.AugAssign(ast.AugAssign(node.target, ast.Add(), ast.Constant(step)))
        self.code += b"\x0c\x00\x0b\x0b"

    def Return(self, node):
        if self.scope:
            self.refuse(node, "an inner function returns at its end only")
        self.result = self.kind(node.value) or "i32"
        self.expression(node.value, self.result)
        self.code += b"\x0f"

    # expressions

    def condition(self, node):
        if self.kind(node) not in ("i32", None):
            self.refuse(node, "a condition is of numbers")
        self.expression(node, "i32")

    def expression(self, node, want=None):
        """Write the code of an expression; a number written out becomes what is wanted.
        """
        if isinstance(node, ast.Constant):
            self.constant(node.value, want or "i32")
        elif isinstance(node, ast.Name):
            kind = self.kind(node)
            self.code += b"\x20" + unsigned(self.places[self.scope, node.id])
            if want not in (None, kind) and {want, kind} - {"i32"} and not (
                    want[-1] == kind[-1] == "s"):
                self.refuse(node, f"this is {kind}, and {want} is wanted")
        else:
            getattr(self, f"of_{type(node).__name__}", self.unknown)(node, want)

    def constant(self, value, kind):
        if kind in ELEMENT:
            self.constant(value, ELEMENT[kind])
            self.code += bytes([0xFD]) + unsigned(SPLAT[kind])
        elif kind == "f32":
            self.code += b"\x43" + struct.pack("<f", value)
        elif kind == "f64":
            self.code += b"\x44" + struct.pack("<d", value)
        else:
            self.code += (b"\x42" if kind == "i64" else b"\x41") + signed(int(value))

    def operator(self, name, kind, node):
        if (name, kind) in VECTOR:
            self.code += bytes([0xFD]) + unsigned(VECTOR[name, kind])
        elif (name, kind) in OPERATORS:
            self.code.append(OPERATORS[name, kind])
        else:
            self.refuse(node, f"{kind} has no {name}")

    def of_BinOp(self, node, want):
        kind, name = self.kind(node) or want or "i32", type(node.op).__name__
        if kind[-1] == "s":                                      # a pointer and a step
            self.expression(node.left)
            self.expression(node.right, "i32")
            self.times(SIZES[kind[:-1]])
            self.code.append(OPERATORS["Add", "i32"])
            return
        self.expression(node.left, kind)
        self.expression(node.right,
                        "i32" if kind == "i32x4" and "Shift" in name else kind)
        self.operator(name, kind, node)

    def times(self, size):
        if size > 1:
            self.code += b"\x41" + signed(size.bit_length() - 1) + b"\x74"

    def of_UnaryOp(self, node, want):
        kind = self.kind(node) or want or "i32"
        if isinstance(node.operand, ast.Constant):
            self.constant(-node.operand.value, kind)
        elif isinstance(node.op, ast.Not):
            self.expression(node.operand, "i32")
            self.code += b"\x45"
        elif kind in ("i32", "i64", "i32x4"):
            self.expression(ast.BinOp(ast.Constant(0), ast.Sub(), node.operand), kind)
        else:
            self.expression(node.operand, kind)
            self.operator("USub", kind, node)

    def of_Compare(self, node, want):
        kind = self.common(node.left, node.comparators[0])
        kind = "i32" if kind[-1] == "s" else kind
        self.expression(node.left, kind)
        self.expression(node.comparators[0], kind)
        self.operator(type(node.ops[0]).__name__, kind, node)

    def of_BoolOp(self, node, want):
        self.expression(node.values[0], "i32")
        for each in node.values[1:]:
            self.expression(each, "i32")
            self.code.append(0x71 if isinstance(node.op, ast.And) else 0x72)

    def of_IfExp(self, node, want):
        kind = self.kind(node) or want or "i32"
        self.expression(node.body, kind)
        self.expression(node.orelse, kind)
        self.condition(node.test)
        self.code.append(0x1B)

    def address(self, pointer, index):
        """Write where an element is -> what is to be added to that, in bytes."""
        size = SIZES[self.kind(pointer)[:-1]]
        self.expression(pointer)
        if isinstance(index, ast.Constant):
            return index.value * size
        self.expression(index, "i32")
        self.times(size)
        self.code.append(OPERATORS["Add", "i32"])
        return 0

    def of_Subscript(self, node, want):
        element = self.kind(node.value)[:-1]
        offset = self.address(node.value, node.slice)
        self.code += bytes([LOAD[element], 0]) + unsigned(offset)

    def of_Call(self, node, want):
        if isinstance(node.func, ast.Attribute):
            name = self.word(node.func.attr)
            for each in node.args:
                self.expression(each, "f64")
            self.code += b"\x10" + unsigned(self.imports.index(name))
            return
        name, a = self.word(node.func.id), node.args
        if name in self.functions:
            self.inline(name, node, want)
        elif name in KINDS or name == "u8":
            self.convert(a[0], "i32" if name == "u8" else name)
        elif name == "bits":
            self.expression(a[0])
            if self.kind(a[0]) in BITS:
                self.code.append(BITS[self.kind(a[0])][0])
        elif name in ("four", "pair", "spread"):
            offset = self.address(*a)
            code = {"four": b"\x00\2", "pair": b"\x5d\2", "spread": b"\x09\2"}[name]
            self.code += b"\xfd" + code + unsigned(offset)
            if name == "pair":
                self.code += b"\xfd\x5f"
        elif name == "lane":
            self.expression(a[0])
            self.code += bytes([0xFD, EXTRACT[self.kind(a[0])], a[1].value])
        elif name == "where":
            kind = self.common(*a[1:])
            self.expression(a[1], kind)
            self.expression(a[2], kind)
            self.expression(a[0])
            self.code += b"\xfd\x52"
        elif name == "unsigned":
            self.expression(a[0])
            kind = self.kind(a[0])
            self.expression(a[1], "i32" if kind == "i32x4" else kind)
            self.operator(name, kind, node)
        else:
            kind = self.common(*a)
            for each in a:
                self.expression(each, kind)
            self.operator(name, kind, node)

    def convert(self, node, kind):
        source = self.kind(node)
        self.expression(node, kind if source is None else source)
        if source in (None, kind):
            return
        if kind in ELEMENT and source == ELEMENT[kind]:
            self.code += bytes([0xFD]) + unsigned(SPLAT[kind])
        elif (source, kind) == ("f32x4", "i32x4"):
            self.code += b"\xfd\xf8\x01"
        elif (source, kind) == ("i32x4", "f32x4"):
            self.code += b"\xfd\xfa\x01"
        elif (source, kind) in SATURATE:
            self.code += bytes([0xFC, SATURATE[source, kind]])
        elif (source, kind) in CONVERT:
            self.code.append(CONVERT[source, kind])
        else:
            self.refuse(node, f"{source} is not converted to {kind}")

    def inline(self, name, node, want=None):
        """Write a function's text here, its parameters being new locals -> its kind."""
        tree, outer = self.functions[name], self.scope
        inner = f"{outer}/{name}.{len(self.kinds)}"
        for each, value in zip(tree.args.args, node.args, strict=True):
            kind = self.kind(value) or (
                "i32" if type(ast.literal_eval(value)) is int else
                self.common(*node.args))
            self.expression(value, kind)
            self.scope = inner
            self.set(each.arg, kind)
            self.scope = outer
        self.scope = inner
        *before, last = tree.body
        self.block(before)
        found = None
        if isinstance(last, ast.Return):
            found = self.kind(last.value) or want or "f32"
            self.expression(last.value, found)
        else:
            self.block([last])
        self.scope = outer
        return found
