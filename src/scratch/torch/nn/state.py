"""state_dict: what a file needs to hold of a module, and how it gets back in.

    >>> from .. import tensor
    >>> from .layers import Linear
    >>> line = Linear(1, 1)
    >>> list(line.state_dict())
    ['weight', 'bias']
    >>> line.load_state_dict({"weight": tensor([[2.0]]), "bias": tensor([1.0])})
    <All keys matched successfully>
    >>> line(tensor([10.0])).item()
    21.0
    >>> line.load_state_dict({"weight": tensor([2.0])})
    Traceback (most recent call last):
    RuntimeError: the state_dict does not fit Linear:
        missing: 'bias'
        'weight' has the shape (1,), and here (1, 1)

    name     "blocks.0.norm.weight": the attributes on the way to a tensor
    prefix   the part of it that leads to one module, with its dot

Names and shapes are all that the two sides have to agree on, and not the code: so a
network of PyTorch's loads what one of these saved, and the reverse. A tensor in a
state_dict shares its storage with the module; whoever keeps one while the training goes
on has to clone it.

Left out: the version numbers that PyTorch adds in _metadata.

Chapter: docs/torch/modules.md.
"""

from collections import OrderedDict, namedtuple

from .. import Tensor, no_grad
from .parameter import Parameter


class _IncompatibleKeys(namedtuple("_Keys", "missing_keys unexpected_keys")):
    """What load_state_dict returns: names it missed, and names it had no use for."""

    __slots__ = ()

    def __repr__(self):
        return super().__repr__() if any(self) else "<All keys matched successfully>"

    __str__ = __repr__


class Saved:
    """What a Module can do about files; a part of it (module.py)."""

    def state_dict(self, *, destination=None, prefix="", keep_vars=False):
        """{"blocks.0.norm.weight": tensor}: parameters and persistent buffers.

        The tensors share their storage with the module and are detached, unless
        keep_vars asks for the Parameters themselves.
        """
        found = OrderedDict() if destination is None else destination
        self._save_to_state_dict(found, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=found, prefix=f"{prefix}{name}.",
                                 keep_vars=keep_vars)
        return found

    def _persistent(self):
        """{name: tensor} of this module alone, as a file holds it."""
        kept = {**self._parameters, **self._buffers}
        return {name: tensor for name, tensor in kept.items()
                if tensor is not None and name not in self._non_persistent_buffers_set}

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        for name, tensor in self._persistent().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy numbers from {name: tensor} -> the names that did not match.

        RuntimeError for a tensor of another shape and, if strict, for names that are
        missing or too many. assign puts the tensors themselves in place of ours.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"a state_dict maps names to tensors; this is "
                            f"{described(state_dict)}")
        state = OrderedDict(state_dict)
        missing, unexpected, errors = [], [], []
        for where, module in self.named_modules(remove_duplicate=False):
            module._load_from_state_dict(
                state, f"{where}." if where else "",
                {"assign_to_params_buffers": assign}, True, missing, unexpected, errors)
        if strict and unexpected:
            errors.insert(0, f"not of this module: {', '.join(map(repr, unexpected))}")
        if strict and missing:
            errors.insert(0, f"missing: {', '.join(map(repr, missing))}")
        if errors:
            raise RuntimeError("\n    ".join(
                [f"the state_dict does not fit {type(self).__name__}:", *errors]))
        return _IncompatibleKeys(missing, unexpected)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict,
                              missing_keys, unexpected_keys, error_msgs):
        """This module's part of load_state_dict, under PyTorch's name and arguments."""
        mine = self._persistent()
        for name, tensor in mine.items():
            key = prefix + name
            if key not in state_dict:
                missing_keys.append(key)
                continue
            new = state_dict[key]
            if not isinstance(new, Tensor):
                error_msgs.append(f"{key!r} is {described(new)}, and no tensor")
            elif new.shape != tensor.shape:
                error_msgs.append(f"{key!r} has the shape {tuple(new.shape)}, and here "
                                  f"{tuple(tensor.shape)}")
            elif not local_metadata.get("assign_to_params_buffers"):
                with no_grad():
                    tensor.copy_(new)
            elif not isinstance(tensor, Parameter) or isinstance(new, Parameter):
                setattr(self, name, new)
            else:
                setattr(self, name, Parameter(new, tensor.requires_grad))
        for key in state_dict if strict else ():
            first, _, rest = key.removeprefix(prefix).partition(".")
            if key.startswith(prefix) and (
                    first not in self._modules if rest else first not in mine):
                unexpected_keys.append(key)


def described(value):
    """A value and its type, for an error: "3, which is of type int"."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"{value!r:.60}, which is of type {type(value).__name__}"
