"""Registration by attribute: a module that notices what is assigned to it.

    self._parameters    {name: Parameter or None}      self._buffers    {name: tensor or None}
    self._modules       {name: Module or None}         self.__dict__    all other attributes

Everything else is the book's. self._take_name(name, "_parameters") forgets what bore the
name, unless it was a parameter, too, and says what is missing where super().__init__() was
forgotten; likewise with "_modules".

Exercises: Module.__setattr__, Module.__getattr__.
Chapter: docs/torch/modules.md.  In place of: scratch.torch.nn.module.
"""

from scratch import torch
from scratch.torch.nn import Parameter, module


class Module(module.Module):
    """The book's Module, except for the two methods that you write."""

    def __setattr__(self, name, value):
        """self.name = value: into the dictionary that the value belongs to.

        A Parameter goes to the parameters and a Module to the modules. A name that is a
        parameter, a module or a buffer stays one: it may become None, or for a buffer another
        tensor, and anything else is a TypeError. All other values go where they always do:
        object.__setattr__(self, name, value). Before super().__init__() there are no
        dictionaries, and plain values are still taken.

        Who collects the parameters? Registration by attribute

        >>> model = Module()
        >>> model.rate, model.w = 0.1, Parameter(torch.ones(2))
        >>> model.inner = Module()
        >>> model.inner.b = Parameter(torch.zeros(1))
        >>> [name for name, p in model.named_parameters()]
        ['w', 'inner.b']
        >>> "w" in vars(model), vars(model)["rate"]         # not among the ordinary attributes
        (False, 0.1)
        >>> model.plain = torch.ones(1)                     # a tensor is no Parameter
        >>> len(list(model.parameters()))
        2
        >>> try:
        ...     model.w = torch.zeros(2)                    # nor does it become one
        ... except TypeError:
        ...     print("refused")
        refused
        >>> model.w = None                                  # a layer without a bias, say
        >>> list(model._parameters), len(list(model.parameters()))
        (['w'], 1)
        >>> model.register_buffer("mean", torch.zeros(1))
        >>> model.mean = torch.ones(1)                      # still a buffer
        >>> list(model.state_dict())
        ['mean', 'inner.b']
        >>> model.rate = Parameter(torch.ones(1))           # a number that becomes a parameter
        >>> "rate" in vars(model), "rate" in model._parameters
        (False, True)
        """
        raise NotImplementedError("Module.__setattr__ is yours to write")

    def __getattr__(self, name):
        """self.name, asked by Python where __dict__ has no such name.

        AttributeError if no dictionary has it: hasattr() and copy.copy() depend on that. They
        also ask before there are any dictionaries, and then self._parameters would ask again.

        Who collects the parameters? Registration by attribute

        >>> model = Module()
        >>> model.w, model.inner = Parameter(torch.ones(2)), Module()
        >>> model.w is model._parameters["w"], model.inner is model._modules["inner"]
        (True, True)
        >>> model.register_buffer("mean", torch.zeros(1))
        >>> model.mean.tolist()
        [0.0]
        >>> hasattr(model, "bias")
        False
        >>> model.w = None                                  # it has no value, and is there
        >>> model.w is None, hasattr(model, "w")
        (True, True)
        >>> hasattr(Module.__new__(Module), "w")            # __init__ was never called
        False
        """
        raise NotImplementedError("Module.__getattr__ is yours to write")
