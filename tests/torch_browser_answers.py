"""What runs in Pyodide for the tests: kernels, on natives that are kept here by number, and programs."""

import json
import traceback

from scratch.torch import dtypes, nn  # noqa: F401  which defines what kernels may be composed of
from scratch.torch.backends import browser
from scratch.torch.backends.views import View
from scratch.torch.dispatch import Backend, register

register("browser", browser.table())
KERNELS = Backend("browser", browser.table())
natives, names = {}, iter(range(10**9))


def read(x):
    """What the test sent: {"h": native}, {"d": dtype}, {"r": range}, lists as tuples."""
    if isinstance(x, dict):
        [(kind, value)] = x.items()
        return (natives[value] if kind == "h" else dtypes.DTYPES[value] if kind == "d"
                else range(*value) if kind == "r" else value)
    return tuple(map(read, x)) if isinstance(x, list) else x


def written(x):
    if isinstance(x, View):
        name = next(names)
        natives[name] = x
        return {"h": name, "shape": list(x.shape), "d": x.dtype.name, "n": len(x.array)}
    if isinstance(x, (tuple, list)):
        return [written(each) for each in x]
    return x


def answer(line):
    asked = json.loads(line)
    for name in asked["free"]:
        natives.pop(name, None)
    try:
        if "run" in asked:
            scope = {"given": asked["given"]}
            exec(asked["run"], scope)
            return json.dumps({"result": scope["found"]})
        found = KERNELS[asked["call"]](*map(read, asked["with"]), **asked["settings"])
        return json.dumps({"result": written(found)})
    except Exception as error:
        return json.dumps({"error": type(error).__name__, "says": str(error),
                           "where": traceback.format_exc()})
