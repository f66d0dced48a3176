"""Modules that hold modules: in a row, in a list, under names.

    >>> class Double(Module):
    ...     def forward(self, x):
    ...         return 2 * x
    >>> net = Sequential(Double(), Double())
    >>> net(3), net[:1](3), len(net)
    (12, 6, 2)
    >>> net
    Sequential(
      (0): Double()
      (1): Double()
    )
    >>> ModuleList(Double() for _ in range(4))
    ModuleList(
      (0-3): 4 x Double()
    )
    >>> list(ModuleDict({"up": Double()}))
    ['up']

A plain list would do as well, were it not for __setattr__: it sees a Module that is
assigned, and not one that lies in a list, whose parameters no optimizer would then be
told of. These classes are lists and dictionaries that are Modules. Their children's
names are "0", "1", ... or the keys, and so are the names in a state_dict.

Chapter: docs/torch/modules.md.
"""

import itertools
import operator
from collections import OrderedDict

from .. import Tensor
from .module import Module, described, indented
from .parameter import Parameter


class Numbered(Module):
    """What lists of modules share: children named by their number."""

    def _replace(self, modules):
        """Give the children numbers from 0 on."""
        self._modules.clear()
        for module in modules:
            self.add_module(str(len(self)), module)

    def _place(self, n):
        """An index, possibly negative, -> which of the names it stands for."""
        n = operator.index(n)
        if not -len(self) <= n < len(self):
            raise IndexError(f"{n} is outside this {type(self).__name__} of "
                             f"{len(self)} modules")
        return list(self._modules)[n]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __getitem__(self, n):
        if isinstance(n, slice):
            return type(self)._of(list(self._modules.items())[n])
        return self._modules[self._place(n)]

    def __setitem__(self, n, module):
        setattr(self, self._place(n), module)

    def __delitem__(self, n):
        names = list(self._modules)[n] if isinstance(n, slice) else [self._place(n)]
        for name in names:
            del self._modules[name]
        self._replace(list(self))

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, n, module):
        modules = list(self)
        modules.insert(n, module)
        self._replace(modules)
        return self

    def pop(self, n):
        module = self[n]
        del self[n]
        return module

    def __add__(self, other):
        return type(self)._of(enumerate(itertools.chain(self, other)))

    def __iadd__(self, other):
        return self.extend(other)


class Sequential(Numbered):
    """x -> the last module's y; each takes the output of the one before it.

    Sequential(a, b), or Sequential(OrderedDict(first=a, second=b)) for names.
    """

    def __init__(self, *modules):
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], OrderedDict):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)

    @classmethod
    def _of(cls, pairs):
        return cls(OrderedDict((str(name), module) for name, module in pairs))

    def forward(self, x):
        for module in self:
            x = module(x)
        return x


class ModuleList(Numbered):
    """A list of modules; what is done with them, forward says of the module around."""

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    @classmethod
    def _of(cls, pairs):
        return cls(module for _, module in pairs)

    def __repr__(self):
        """Neighbours that read alike are counted: "(0-3): 4 x Block(...)"."""
        lines, n = [], 0
        for text, alike in itertools.groupby(map(repr, self)):
            count = len(list(alike))
            where = f"({n})" if count == 1 else f"({n}-{n + count - 1})"
            times = "" if count == 1 else f"{count} x "
            lines.append(f"\n  {where}: {times}{indented(text)}")
            n += count
        return f"{self._get_name()}({''.join(lines)}{chr(10) * bool(lines)})"


class ModuleDict(Module):
    """Modules under keys, which are strings; {key: module} or pairs."""

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def update(self, modules):
        pairs = modules.items() if hasattr(modules, "items") else modules
        for key, module in pairs:
            self[key] = module

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def keys(self):
        return self._modules.keys()

    def values(self):
        return self._modules.values()

    def items(self):
        return self._modules.items()

    def pop(self, key):
        return self._modules.pop(key)

    def clear(self):
        self._modules.clear()


class ParameterList(Module):
    """A list of parameters; plain tensors among those given become Parameters."""

    def __init__(self, values=None):
        super().__init__()
        for value in values or ():
            self.append(value)

    def append(self, value):
        self.register_parameter(str(len(self)), as_parameter(value))
        return self

    def extend(self, values):
        for value in list(values):
            self.append(value)
        return self

    def __getitem__(self, n):
        if isinstance(n, slice):
            return type(self)(list(self)[n])
        return list(self)[n]

    def __setitem__(self, n, value):
        setattr(self, str(range(len(self))[n]), as_parameter(value))

    def __len__(self):
        return len(self._parameters)

    def __iter__(self):
        return iter(self._parameters.values())

    def extra_repr(self):
        return "\n".join(f"  ({name}): {in_words(p)}"
                         for name, p in self._parameters.items())


class ParameterDict(Module):
    """Parameters under keys, which are strings; {key: tensor} or pairs."""

    def __init__(self, values=None):
        super().__init__()
        if values is not None:
            self.update(values)

    def update(self, values):
        pairs = values.items() if hasattr(values, "items") else values
        for key, value in pairs:
            self[key] = value

    def __getitem__(self, key):
        return self._parameters[key]

    def __setitem__(self, key, value):
        self._parameters.pop(key, None)
        self.register_parameter(key, as_parameter(value))

    def __delitem__(self, key):
        del self._parameters[key]

    def __len__(self):
        return len(self._parameters)

    def __iter__(self):
        return iter(self._parameters)

    def __contains__(self, key):
        return key in self._parameters

    def keys(self):
        return self._parameters.keys()

    def values(self):
        return self._parameters.values()

    def items(self):
        return self._parameters.items()

    def extra_repr(self):
        return "\n".join(f"  ({key}): {in_words(p)}"
                         for key, p in self._parameters.items())


def as_parameter(value):
    if isinstance(value, Parameter):
        return value
    if isinstance(value, Tensor):
        return Parameter(value)
    raise TypeError(f"a list of parameters holds tensors, not {described(value)}")


def in_words(p):
    shape = "x".join(map(str, p.shape))
    return f"Parameter containing: [{p.dtype} of size {shape}]"
