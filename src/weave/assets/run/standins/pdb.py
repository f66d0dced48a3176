"""Python's pdb, as far as doctest has it while nobody debugs: it would be a hundred kilobytes."""


class Pdb:
    def __init__(self, **_):
        pass

    def reset(self):
        pass


def set_trace(**_):
    raise RuntimeError("there is no debugger in a page")
