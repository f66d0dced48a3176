"""Walks through a module and all that is in it: names, tensors, and one act for all.

    >>> from .containers import Sequential
    >>> from .layers import Linear
    >>> net = Sequential(Linear(2, 3), Sequential(Linear(3, 1)))
    >>> [name for name, p in net.named_parameters()]
    ['0.weight', '0.bias', '1.0.weight', '1.0.bias']
    >>> [name for name, module in net.named_modules()]
    ['', '0', '1', '1.0']
    >>> sum(p.numel() for p in net.parameters())
    13
    >>> net.eval().training, net[1][0].training
    (False, False)

    prefix   what comes before each name: the way to the module at which the walk began

A module, or a tensor, that is in two places is met once, by the first of its names,
unless remove_duplicate=False asks for all. Modules are met before what is in them.
The acts (train, to, apply, ...) go from module to child, so that a subclass that has
its own way to do one of them is asked.

Chapter: docs/torch/modules.md.
"""

from .. import Tensor
from .state import described


class Walked:
    """What a Module knows about the modules inside it; a part of it (module.py)."""

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
            if not isinstance(found, Walked):
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
