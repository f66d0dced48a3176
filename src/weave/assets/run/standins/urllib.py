"""Python's urllib, as far as modules import it: it leads to other sites, where a page does not go."""

import sys
from types import ModuleType

__path__ = []


def urlopen(*_, **__):
    raise OSError("a page fetches nothing from other sites")


request = sys.modules[f"{__name__}.request"] = ModuleType(f"{__name__}.request")
request.urlopen = urlopen
