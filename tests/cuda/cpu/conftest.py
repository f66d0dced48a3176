"""Every test of the drop-in has a context, as a script of PyCUDA's has after importing autoinit."""

import importlib

importlib.import_module("scratch.cuda.autoinit")
