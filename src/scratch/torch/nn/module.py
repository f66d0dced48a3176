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
the three. That is the whole trick: everything else is a walk through them (state.py has
the one that makes a state_dict).

Left out: hooks of the backward pass and of state_dict, hooks for all modules at once,
extra state, compiling.

Chapter: docs/torch/modules.md.
"""

import functools
from collections import OrderedDict

from .. import Tensor
from .parameter import Parameter
from .state import Saved, described


class Module(Saved):
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

    # Walks

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """Pairs (name, module): itself, whose name is "", and all modules inside it."""
        seen = set() if memo is None else memo
        ahead = [(prefix, self)]
        while ahead:
            name, module = ahead.pop()
            if module is None or module in seen:
                continue
            if remove_duplicate:
                seen.add(module)
            yield name, module
            before = f"{name}." if name else ""
            ahead += [(before + each, child)
                      for each, child in reversed(module._modules.items())]

    def modules(self):
        for _, module in self.named_modules():
            yield module

    def named_children(self):
        """Pairs (name, module) of the modules directly inside, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        for _, module in self.named_children():
            yield module

    def _named_tensors(self, kind, prefix, recurse, remove_duplicate):
        """Pairs ("blocks.0.norm.weight", tensor) of one list, each tensor once."""
        seen = set()
        modules = (self.named_modules(None, prefix, remove_duplicate) if recurse
                   else [(prefix, self)])
        for where, module in modules:
            for name, value in getattr(module, kind).items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))    # by identity: == of tensors is a tensor
                yield (f"{where}.{name}" if where else name), value

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """Pairs (name, Parameter); one that two modules share comes once."""
        yield from self._named_tensors("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        yield from self._named_tensors("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target):
        """The module that named_modules calls target; AttributeError without one."""
        module = self
        for name in target.split(".") if target else ():
            found = getattr(module, name, None)
            if not isinstance(found, Module):
                raise AttributeError(f"{type(module).__name__} has no module {name!r}, "
                                     f"on the way to {target!r}")
            module = found
        return module

    def get_parameter(self, target):
        return self._get_tensor(target, "_parameters", "parameter")

    def get_buffer(self, target):
        return self._get_tensor(target, "_buffers", "buffer")

    def _get_tensor(self, target, kind, what):
        where, _, name = target.rpartition(".")
        module = self.get_submodule(where)
        if name not in getattr(module, kind):
            raise AttributeError(f"{type(module).__name__} has no {what} {name!r}")
        return getattr(module, kind)[name]

    # What is done to the whole

    def apply(self, fn):
        """Call fn with each module inside, then with this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode=True):
        """Behave as training needs it, or not; some layers differ (Dropout)."""
        if not isinstance(mode, bool):
            raise ValueError(f"train takes True or False, not {described(mode)}")
        self.__dict__["training"] = mode        # __setattr__ has nothing to watch here
        for child in self._modules.values():
            if child is not None:
                child.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Forget the gradients, which backward() would otherwise add to."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach().zero_()

    def _apply(self, fn):
        """Put fn(tensor) in place of the numbers of each parameter and buffer."""
        for child in self.children():
            child._apply(fn)
        for parameter in self._parameters.values():
            if parameter is not None:
                gradient = parameter.grad
                parameter.grad = None                     # whose dtype has to agree
                parameter.data = fn(parameter.data)       # the object stays the same,
                if gradient is not None:                  # so that optimizers know it
                    parameter.grad = fn(gradient)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, **kwargs):
        """to(device), to(dtype), to(device, dtype) or to(tensor), in place.

        A dtype applies to floating-point tensors; ids and counts stay integers.
        """
        device, dtype = destination(args, kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(f"a module's numbers are floating-point, and {dtype} is "
                            "not")

        def moved(tensor):
            kind = dtype if tensor.is_floating_point() else None
            return tensor.to(device or tensor.device, kind or tensor.dtype)
        return self._apply(moved)

    def cpu(self):
        return self.to("cpu")

    def cuda(self, device=None):
        return self.to("cuda" if device is None else device)

    def float(self):
        return self._apply(lambda x: x.float() if x.is_floating_point() else x)

    def double(self):
        return self._apply(lambda x: x.double() if x.is_floating_point() else x)

    def half(self):
        return self._apply(lambda x: x.half() if x.is_floating_point() else x)

    def bfloat16(self):
        return self._apply(lambda x: x.bfloat16() if x.is_floating_point() else x)

    # Hooks

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """hook(module, args) before forward; it may return other args."""
        return Handle(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False):
        """hook(module, args, result) after forward; it may return another result."""
        return Handle(self._forward_hooks, (hook, with_kwargs), prepend)

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


class Handle:
    """What registering a hook returns; remove() takes the hook out again."""

    def __init__(self, hooks, hook, first=False):
        self.hooks = hooks
        hooks[self] = hook
        if first:
            hooks.move_to_end(self, last=False)

    def remove(self):
        self.hooks.pop(self, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def destination(args, kwargs):
    """The arguments of Module.to -> (device or None, dtype or None)."""
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    for each in args:
        if isinstance(each, Tensor):
            device, dtype = each.device, each.dtype
        elif hasattr(each, "is_floating_point"):
            dtype = each
        elif not isinstance(each, bool):                  # non_blocking
            device = each
    return device, dtype


def indented(text):
    """The text with every line but the first two places to the right."""
    return text.replace("\n", "\n  ")
