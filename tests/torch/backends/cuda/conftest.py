"""What tests of the cuda backend look at: which kernels were launched."""

import pytest


class Named:
    """A kernel with its name, which PyCUDA's own does not tell."""

    def __init__(self, function, name):
        self.function, self.name = function, name

    def __call__(self, *arguments, **sizes):
        self.function(*arguments, **sizes)


@pytest.fixture
def launched(monkeypatch):
    """The names of the kernels that are launched."""
    from scratch.cuda.compiler import SourceModule
    from scratch.torch.backends.cuda import kernels
    names, run, get_function = [], kernels.run, SourceModule.get_function

    def listed(function, *arguments, **sizes):
        names.append(function.name)
        run(function, *arguments, **sizes)
    monkeypatch.setattr(SourceModule, "get_function",
                        lambda module, name: Named(get_function(module, name), name))
    monkeypatch.setattr(kernels, "run", listed)
    kernels.compiled.cache_clear()
    yield names
    kernels.compiled.cache_clear()
