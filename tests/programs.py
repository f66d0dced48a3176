"""`python -m scratch.makemore` in processes of its own: copies of one that has imported PyTorch."""

import multiprocessing
import os
import runpy
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

COPIES = multiprocessing.get_context("forkserver")
COPIES.set_forkserver_preload(["torch", "torch._dynamo"])    # which DistributedDataParallel imports


def in_a_process(target, folder, *given):
    """Call target(folder, *given) in a process of its own -> its exit status, what it prints."""
    process = COPIES.Process(target=target, args=(folder, *given))
    process.start()
    process.join()
    return process.exitcode, (folder / "out").read_text(), (folder / "err").read_text()


def run_module(folder, arguments, number=None):
    """What the command does in a folder; its output is appended to the files out and err there.

    With a number, the process gets that signal while it takes step 150.
    """
    from scratch.makemore import training

    def step(self, step=training.Trainer.step):
        if self.taken == 149:
            os.kill(os.getpid(), number)
        return step(self)

    signal.signal(signal.SIGINT, signal.default_int_handler)    # which is ignored in a shell's background
    os.chdir(folder)
    for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())
    if number:
        training.Trainer.step = step
    sys.argv[1:] = arguments
    runpy.run_module("scratch.makemore", run_name="__main__", alter_sys=True)


def torchrun(folder, arguments):
    """The command in two processes, as `torchrun --nproc-per-node 2` starts them -> what they print."""
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(min_nodes=1, max_nodes=1, nproc_per_node=2, rdzv_backend="c10d",
                          rdzv_endpoint="localhost:0", start_method="forkserver")
    with ThreadPoolExecutor(1) as thread:    # in the main one it would handle signals from then on
        thread.submit(elastic_launch(config, run_module), folder, arguments).result()
    return (folder / "out").read_text()
