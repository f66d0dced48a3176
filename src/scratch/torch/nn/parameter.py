"""Parameter: a tensor that says of itself that it is to be trained.

    >>> p = Parameter(tensor([1.0, 2.0]))
    >>> p
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    >>> isinstance(p, Tensor), p.is_leaf
    (True, True)
    >>> type(p * 2) is Tensor          # what is computed from it is no parameter
    True

It is a leaf that requires a gradient, and a type of its own. The type is the point: a
Module that is given one as an attribute writes it into its list of parameters, and
leaves any other tensor alone (module.py).

Left out: parameters without a shape as yet (UninitializedParameter), and Buffer, for
which there is Module.register_buffer.

Chapter: docs/torch/modules.md.
"""

from .. import Tensor, empty, tensor


class Marked(type):
    """For isinstance, a tensor that is marked (_is_param) is a Parameter as well."""

    def __instancecheck__(cls, instance):
        return type.__instancecheck__(cls, instance) or (
            isinstance(instance, Tensor) and getattr(instance, "_is_param", False))


class Parameter(Tensor, metaclass=Marked):
    """data -> a leaf on the same storage; without data, of shape (0)."""

    __slots__ = ()

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"a Parameter is made of a tensor, not of {data!r:.60}, "
                            f"which is of type {type(data).__name__}")
        return data.detach().as_subclass(cls).requires_grad_(requires_grad)

    def __init__(self, data=None, requires_grad=True):
        """All is done in __new__, which has a storage to share."""

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"

    def __deepcopy__(self, memo):
        """Another parameter with the same numbers; the gradient stays behind."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]
