"""Cooperative groups: blocks and tiles of a warp as barriers, shuffles and votes.

    >>> text = '''namespace cg = cooperative_groups_;
    ... __device__ int sum(cg::thread_group_ g, int v)
    ... {
    ...     for (int n = g.size() / 2; n > 0; n /= 2) v += g.shfl_down(v, n);
    ...     g.sync();
    ...     return v;
    ... }
    ... __global__ void k(int *x)
    ... {
    ...     auto tile = cg::tiled_partition_<32>(cg::this_thread_block_());
    ...     x[0] = sum(tile, 1);
    ... }'''
    >>> tokens = templates.instantiated(named(tokenize(text)))
    >>> print(untokenize(as_operations(tokens), line=2))
    __device__ int sum__tile32_(tile32_ g, int v)
    {
        for (int n = 32 / 2; n > 0; n /= 2) v += __shfl_down_sync(~0u, v, n, 32);
        __syncwarp(~0u);
        return v;
    }
    __global__ void k(int *x)
    {
        tile32_ tile = ((tile32_)0);
        x[0] = sum__tile32_(tile, 1);
    }

A group has no data here: its type says what it is, thread_block_ or tile32_, and its
functions become those of CUDA C.  A function of a thread_group, which may be either,
is a template.  Names have an underscore where cooperative_groups.h is included.

Left out, and refused: groups of what threads happen to be there (coalesced_threads),
of the grid, of clusters, tiles of more than a warp, partitions by a value, barriers in
two steps, asynchronous copies.
"""

from .. import vocabulary
from ..preprocess import constant
from ..tokens import (SourceError, Unsupported, closing, like, split, tokenize,
                      untokenize, wrapped)
from . import templates
from .signatures import functions
from .templates import angle_closes
from .world import World

TILES, HERE = vocabulary.TILES, {*vocabulary.GROUPS.values()}
TYPES = {"thread_block_", *TILES}
OTHER = {"coalesced_threads", "coalesced_group", "this_grid", "grid_group",
         "this_multi_grid", "multi_grid_group", "this_cluster", "cluster_group",
         "labeled_partition", "binary_partition"}
FREE = {"reduce", "sync", "thread_rank", "group_size", "plus", "less", "greater",
        "bit_and", "bit_or", "bit_xor"}          # cg::reduce as cg_reduce_
JOINED = {"plus": "a + b", "less": "b < a ? b : a", "greater": "a < b ? b : a",
          "bit_and": "a & b", "bit_or": "a | b", "bit_xor": "a ^ b"}
SIZE = "(blockDim.x * blockDim.y * blockDim.z)"
RANK = "(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z))"
BLOCK = {"sync": "__syncthreads()", "size": SIZE, "num_threads": SIZE,
         "thread_rank": RANK, "group_index": "blockIdx", "thread_index": "threadIdx",
         "group_dim": "blockDim", "dim_threads": "blockDim"}
VOTES = {"any", "all", "ballot"}
SHUFFLES = {"shfl", "shfl_up", "shfl_down", "shfl_xor"}


def refuse(token, what):
    raise Unsupported(f"{token.text}: {what} cannot run on the CPU engine", token)


# ---- names and types, before templates are gone --------------------------------------

def named(tokens):
    """The tokens of a file, if it has the header, without its namespace."""
    if not any(token.text in HERE for token in tokens):
        return tokens
    tokens = typed(without_namespace(tokens))
    return generic(valued(tokens))


def without_namespace(tokens):
    """namespace cg = cooperative_groups; left out, and cg:: before a name."""
    spaces, result, at = {"cooperative_groups_"}, [], 0
    own = {token.text for before, token in zip(tokens, tokens[1:])
           if before.kind == "name" and before.text not in ("return", "else")}
    free = set()                         # what a using makes usable without cg::
    while at < len(tokens):
        token, texts = tokens[at], [t.text for t in tokens[at:at + 4]]
        if texts[0] == "namespace" and texts[2:] == ["=", "cooperative_groups_"]:
            spaces.add(texts[1])
            at += 5
        elif texts[0] == "using" and "cooperative_groups_" in texts:
            at = next(n for n in range(at, len(tokens)) if tokens[n].text == ";") + 1
            free = FREE - own
        elif token.text in free and texts[1:2] in (["("], ["<"]) and (
                result[-1].text not in (".", "->")):
            result.append(token._replace(text=f"cg_{token.text}_"))
            at += 1
        elif token.text in spaces and texts[1:2] == ["::"]:
            name = tokens[at + 2]
            if name.text in FREE:
                name = name._replace(text=f"cg_{name.text}_")
            elif name.text not in HERE:
                refuse(name, "what cooperative groups have besides blocks and tiles")
            result.append(name._replace(space=token.space))
            at += 3
        else:
            if token.text in OTHER and texts[1:2] in (["("], ["<"]) or (
                    token.text.endswith("_group") and token.text in OTHER):
                refuse(token, "what cooperative groups have besides blocks and tiles")
            result.append(token)
            at += 1
    return result


def typed(tokens):
    """thread_block_tile_<32> as tile32_, if the number is known; & after it dropped."""
    result, at = [], 0
    while at < len(tokens):
        token = tokens[at]
        end = None
        if token.text == "thread_block_tile_":
            end = angle_closes(tokens, at + 1)
        if end is not None:
            size = split(tokens[at + 2:end])[0]
            name = tile(size, token)
            result += [name] if name else [token, tokens[at + 1], *size, tokens[end]]
            at = end + 1
        else:
            result.append(token)
            at += 1
        kind = result[-1].text in TYPES | {"thread_group_"} or end is not None
        if kind and at < len(tokens) and tokens[at].text == "&":
            at += 1
            if tokens[at].text not in (",", ")"):
                tokens = [*tokens[:at], tokens[at]._replace(space=" "),
                          *tokens[at + 1:]]
    return result


def tile(size, place):
    """The token of the type of a tile; None if its size is a template's."""
    try:
        number = constant(size, place)
    except SourceError:
        return None
    if f"tile{number}_" not in TILES:
        raise Unsupported(f"a tile of {number} threads, which is no part of a warp, "
                          "cannot run on the CPU engine", place)
    return place._replace(text=f"tile{number}_")


def valued(tokens):
    """this_thread_block() as ((thread_block_)0); auto before it gets the type, too."""
    result, at = [], 0
    while at < len(tokens):
        token, kind, end = tokens[at], None, at
        if token.text == "this_thread_block_":
            kind, end = [token._replace(text="thread_block_")], closing(tokens, at + 1)
        elif token.text == "tiled_partition_" and tokens[at + 1].text == "<":
            close = angle_closes(tokens, at + 1)
            size = split(tokens[at + 2:close])[0]
            made = tile(size, token)
            kind = [made] if made else [
                token._replace(text="thread_block_tile_"), tokens[at + 1], *size,
                tokens[close]]
            end = closing(tokens, close + 1)
        elif token.text == "tiled_partition_":
            end = closing(tokens, at + 1)
            made = tile(split(tokens[at + 2:end])[-1], token)
            if made is None:
                refuse(token, "tiles of a size that is known only when it runs")
            kind = [made]
        if kind is None:
            result.append(token)
            at += 1
            continue
        texts = [t.text for t in result[-3:]]
        if texts[2:] == ["="] and texts[0] in ("auto", "thread_group_"):
            result[-3:-2] = [kind[0]._replace(space=result[-3].space), *kind[1:]]
        if end + 1 < len(tokens) and tokens[end + 1].text == ".":
            refuse(token, "a function of a group without a name") if (
                kind[0].text != "thread_block_") else None
        tight = token._replace(space="")
        value = wrapped([*wrapped([kind[0]._replace(space=""), *kind[1:]]),
                         *like(tight, "0")])
        result += spaced(value, token)
        at = end + 1
    return result


def generic(tokens):
    """A function of a thread_group as a template: of any group."""
    result = list(tokens)
    for function in reversed(functions(tokens)):
        places = [n for n in range(function.open, function.close)
                  if tokens[n].text == "thread_group_"]
        if not places:
            continue
        for k, n in enumerate(places):
            result[n] = result[n]._replace(text=f"group{k}_")
        listed = ", ".join(f"typename group{k}_" for k in range(len(places)))
        first = result[function.begin]
        result[function.begin:function.begin] = like(first, f"template <{listed}>")
        at = function.begin + len(tokenize(f"template <{listed}>"))
        result[at] = result[at]._replace(space=" ")
    left = next((t for t in result if t.text == "thread_group_"), None)
    if left:
        refuse(left, "a thread_group of which only the run tells what it is (in a "
               "template write the type, too)")
    return result


# ---- functions of groups, when all types are known -----------------------------------

def as_operations(tokens):
    """The tokens with the functions of groups as barriers, shuffles and votes."""
    if not any(t.text in TYPES or t.text == "thread_block_tile_" for t in tokens):
        return tokens
    tokens = typed(tokens)
    left = next((t for t in tokens if t.text == "thread_block_tile_"), None)
    if left:
        refuse(left, "a tile of a size that is not told")
    world, result, made = World(tokens), [], {}
    at = 0
    for function in functions(tokens):
        if not function.body:
            continue
        body = tokens[function.body:function.end]
        scope = world.scope(function.parameters, body)
        groups = {name: kind.name for name, kind in scope.items()
                  if kind and kind.name in TYPES and not kind.depth}
        result += tokens[at:function.body] + in_body(body, groups, made)
        at = function.end
    result += tokens[at:]
    return [*(t for text in made.values() for t in like(tokens[0], text)), *result]


def in_body(body, groups, made):
    """A body without functions of groups; what they need besides is put in made."""
    body, n = list(body), len(body) - 1
    while n >= 0:
        token, texts = body[n], [t.text for t in body[n + 1:n + 4]]
        before = body[n - 1].text if n else ""
        if token.text in groups and before not in (".", "->") and texts[:1] == ["."]:
            end = closing(body, n + 3) if texts[2:] == ["("] else n + 2
            given = split(body[n + 4:end])
            body[n:end + 1] = method(groups[token.text], body[n + 2], token,
                                     given if given != [[]] else [])
        elif token.text == "thread_block_" and [t.text for t in body[n + 1:n + 5]] == [
                ")", "0", ")", "."]:     # this_thread_block().sync()
            end = closing(body, n + 6)
            body[n - 2:end + 1] = method("thread_block_", body[n + 5], body[n - 2], [])
            n -= 2
        elif token.text.startswith("cg_") and token.text.endswith("_") and (
                texts[:1] == ["("]):
            end = closing(body, n + 1)
            group, *given = split(body[n + 2:end])
            kind = next((groups.get(t.text, t.text) for t in group
                         if t.text in groups or t.text in TYPES), None)
            if kind is None:
                refuse(token, "a group that is not told by its name")
            name = token.text[3:-1]
            body[n:end + 1] = reduced(kind, token, given, made) if (
                name == "reduce") else method(
                    kind, token._replace(text=name.replace("group_size", "size")),
                    token, given)
        n -= 1
    return body


def method(kind, name, place, given):
    """group.name(given) as tokens."""
    text, size = name.text, TILES.get(kind)
    if size is None:
        if text not in BLOCK:
            refuse(name, "this function of a block")
        return spaced(like(place, BLOCK[text]), place)
    base = f"({RANK} & {32 - size}u)"
    mask = "~0u" if size == 32 else f"({(1 << size) - 1:#x}u << {base})"
    plain = {"sync": f"__syncwarp({mask})", "size": f"{size}", "num_threads": f"{size}",
             "thread_rank": f"({RANK} & {size - 1}u)", "meta_group_rank":
             f"({RANK} / {size}u)",
             "meta_group_size": f"(({SIZE} + {size - 1}u) / {size}u)"}
    if text in plain and not given:
        return spaced(like(place, plain[text]), place)
    if text in SHUFFLES and len(given) == 2:
        return spaced([*like(place, f"__{text}_sync({mask},"), *listed(given, place),
                       *like(place._replace(space=""), f", {size})")], place)
    if text in VOTES and len(given) == 1:
        call = [*like(place, f"__{text}_sync({mask},"), *listed(given, place),
                *like(place, ")")]
        if text == "ballot" and size < 32:
            call = wrapped([*call, *like(place, f" >> {base}")])
        return spaced(call, place)
    return refuse(name, "this function of a tile")


def listed(given, place):
    """The arguments with commas between them."""
    result = []
    for n, part in enumerate(given):
        result += [*(like(place._replace(space=""), ",") if n else []),
                   part[0]._replace(space=" "), *part[1:]]
    return result


def spaced(tokens, place):
    return [tokens[0]._replace(space=place.space), *tokens[1:]]


def reduced(kind, place, given, made):
    """cg::reduce(tile, v, cg::plus<float>()) as a call of a function of shuffles."""
    size = TILES.get(kind)
    value, how = given if len(given) == 2 else ([], [])
    name = how[0].text[3:-1] if how else ""
    close = angle_closes(how, 1) if how else None
    if size is None or name not in JOINED or close in (None, 2):
        refuse(place, "reduce of anything but a tile by cg::plus<type>() and its kin")
    real = untokenize([t._replace(line=1, file="") for t in how[2:close]],
                      file="").strip()
    called = f"cg_{name}_{size}_{real.replace(' ', '_')}_"
    other = method(kind, place._replace(text="shfl_xor"), place._replace(space=""),
                   [tokenize("a"), tokenize("n")])
    shuffle = untokenize([t._replace(line=1, file="") for t in other], file="").strip()
    made[called] = (
        f"__device__ {real} {called}({real} a) {{ for (int n = {size // 2}; n > 0; "
        f"n /= 2) {{ {real} b = {shuffle}; a = {JOINED[name]}; }} return a; }} ")
    return spaced([*like(place, f"{called}("), *value, *like(place, ")")], place)


__all__ = ["as_operations", "named", "templates", "tokenize", "untokenize"]
