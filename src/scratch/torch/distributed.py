"""torch.distributed: this process is alone, and says so.

    >>> is_available(), is_initialized()
    (True, False)

A script that can be run by several processes asks first whether it is, and finds that
it is not. What would need others is refused.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""


def is_available():
    """Whether the questions below may be asked."""
    return True


def is_initialized():
    """Whether this process has joined others."""
    return False


def alone(name):
    def refuse(*arguments, **options):
        raise NotImplementedError(f"scratch.torch has one process, and no {name}()")
    refuse.__name__ = name
    return refuse


for name in ("init_process_group", "destroy_process_group", "get_rank",
             "get_world_size", "all_reduce", "all_gather", "broadcast", "barrier",
             "reduce", "send", "recv"):
    globals()[name] = alone(name)
