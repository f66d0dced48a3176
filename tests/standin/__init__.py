"""A card's stand-in, for PyCUDA's own Python layer: CUDA's driver without a card.

    libcuda.c     answers the calls, enforces the limits, keeps a log of the launches
    launcher.py   runs the kernels, on the book's CPU engine
    plugin.py     has pytest skip what that engine cannot run

`python tools/pycuda.py build` builds both, and PyCUDA; `python tools/pycuda.py run COMMAND` runs a
command with them.
"""
