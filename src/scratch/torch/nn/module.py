"""Module: an object that knows its parameters, because it watches its own attributes.

    >>> from .. import tensor
    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = Parameter(tensor([2.0]))
    ...         self.register_buffer("offset", tensor([1.0]))
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(tensor([3.0]))                            # calls forward, and the hooks
    tensor([7.], grad_fn=<AddBackward0>)
    >>> [name for name, p in line.named_parameters()]
    ['slope']
    >>> dict(line.state_dict())                        # what a file of it would hold
    {'slope': tensor([2.]), 'offset': tensor([1.])}
    >>> line.load_state_dict({"slope": tensor([5.0]), "offset": tensor([0.0])})
    <All keys matched successfully>

    parameter   a tensor to train                     child    a module in a module
    buffer      a tensor that is kept, not trained    prefix   "blocks.0.", where it is
    hook        a function that is called before or after forward

`self.slope = Parameter(...)` ends in __setattr__, which writes it into _parameters and
not among the ordinary attributes; a Module goes into _modules, and a registered buffer
into _buffers. Python finds none of them by itself, and asks __getattr__, which looks in
the three. That is the whole trick: everything else is a walk through them (walks.py),
the one that makes a state_dict included (state.py).

Left out: hooks of the backward pass and of state_dict, hooks for all modules at once,
extra state, compiling.

Chapter: docs/torch/modules.md.
"""

import functools
from collections import OrderedDict

from .. import Tensor
from ..graph import Handle
from .parameter import Parameter
from .state import Saved, described
from .walks import Walked


class Module(Walked, Saved):
    """The base of all layers and networks; a subclass writes __init__ and forward."""

    def __init__(self):
        put = functools.partial(object.__setattr__, self)    # past our own __setattr__
        put("training", True)
        put("_parameters", {})
        put("_buffers", {})
        put("_modules", {})
        put("_non_persistent_buffers_set", set())    # buffers that stay out of files
        put("_forward_pre_hooks", OrderedDict())
        put("_forward_hooks", OrderedDict())

    def forward(self, *args):
        raise NotImplementedError(f"{type(self).__name__} has no forward: write a "
                                  "method forward(self, x), and call the module")

    def __call__(self, *args, **kwargs):
        """forward, between the hooks."""
        if not (self._forward_hooks or self._forward_pre_hooks):
            return self.forward(*args, **kwargs)
        for hook, takes_names in tuple(self._forward_pre_hooks.values()):
            if takes_names:
                new = hook(self, args, kwargs)
                args, kwargs = (args, kwargs) if new is None else new
            elif (new := hook(self, args)) is not None:
                args = new if isinstance(new, tuple) else (new,)
        result = self.forward(*args, **kwargs)
        for hook, takes_names in tuple(self._forward_hooks.values()):
            new = (hook(self, args, kwargs, result) if takes_names
                   else hook(self, args, result))
            result = result if new is None else new
        return result

    # Attributes

    def __setattr__(self, name, value):
        """Write parameters and modules into their lists, whatever else as usual."""
        mine = self.__dict__
        if isinstance(value, Parameter):
            self._take_name(name, "_parameters")
            self.register_parameter(name, value)
        elif name in mine.get("_parameters", ()):
            if value is not None:
                raise TypeError(f"{name} is a parameter of {type(self).__name__}, and "
                                "can become a Parameter or None, not "
                                f"{described(value)}")
            self._parameters[name] = None
        elif isinstance(value, Module):
            self._take_name(name, "_modules")
            self._modules[name] = value
        elif name in mine.get("_modules", ()):
            if value is not None:
                raise TypeError(f"{name} is a module in {type(self).__name__}, and can "
                                f"become a Module or None, not {described(value)}")
            self._modules[name] = None
        elif name in mine.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(f"{name} is a buffer of {type(self).__name__}, and can "
                                f"become a tensor or None, not {described(value)}")
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def _take_name(self, name, kind):
        """Forget what bore the name, unless it was of the same kind."""
        mine = self.__dict__
        if kind not in mine:
            raise AttributeError(f"{name} comes too early: {type(self).__name__}"
                                 ".__init__ has to call super().__init__() first")
        mine.pop(name, None)
        for other in ("_parameters", "_buffers", "_modules"):
            if other != kind:
                mine[other].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name):
        """Asked by Python for a name that is no ordinary attribute."""
        mine = self.__dict__
        for kind in ("_parameters", "_modules", "_buffers"):
            if kind in mine and name in mine[kind]:
                return mine[kind][name]
        hint = "" if "_modules" in mine else "; __init__ called no super().__init__()"
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{hint}",
                             name=name, obj=self)

    def __delattr__(self, name):
        for kind in (self._parameters, self._buffers, self._modules):
            if name in kind:
                del kind[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self._parameters, *self._buffers,
                       *self._modules})

    def register_parameter(self, name, param):
        """Add a Parameter, or None for one that this module could have and has not."""
        self._check_name(name, self._parameters, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"the parameter {name} is to be a Parameter or None, not "
                            f"{described(param)}")
        if param is not None and not param.is_leaf:
            raise ValueError(f"the parameter {name} is the result of "
                             f"{param.grad_fn}; only a leaf can be trained")
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        """Add a tensor that moves with the module; in state_dict if persistent."""
        self._check_name(name, self._buffers, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"the buffer {name} is to be a tensor or None, not "
                            f"{described(tensor)}")
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent
         else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name, module):
        """Add a child under a name that Python code need not be able to spell: "0"."""
        self._check_name(name, self._modules, "module")
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"the child {name} is to be a Module or None, not "
                            f"{described(module)}")
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, name, kind, what):
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"the {what} {name} comes too early: __init__ has to "
                                 "call super().__init__() first")
        if not isinstance(name, str):
            raise TypeError(f"the name of a {what} is a string, not {described(name)}")
        if not name or "." in name:
            raise KeyError(f"{name!r} is no name for a {what}: state_dict puts names "
                           "together with dots, so they hold none and are not empty")
        if name not in kind and hasattr(self, name):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} already")

    # Hooks

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """hook(module, args) before forward; it may return other args."""
        return registered(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False):
        """hook(module, args, result) after forward; it may return another result."""
        return registered(self._forward_hooks, (hook, with_kwargs), prepend)

    # Text

    def extra_repr(self):
        """What stands in the brackets of the text: "in_features=3, bias=True"."""
        return ""

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        inside = [f"({name}): {indented(repr(child))}"
                  for name, child in self._modules.items()]
        extra = self.extra_repr()
        if inside or "\n" in extra:
            lines = [*extra.split("\n")] * bool(extra) + inside
            extra = "\n  " + "\n  ".join(lines) + "\n"
        return f"{self._get_name()}({extra})"


def registered(hooks, hook, first):
    """Add a hook, as the first or the last one -> the handle that takes it out."""
    handle = Handle(hooks, hook)
    if first:
        hooks.move_to_end(handle.id, last=False)
    return handle


def indented(text):
    """The text with every line but the first two places to the right."""
    return text.replace("\n", "\n  ")
