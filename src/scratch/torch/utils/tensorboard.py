"""Numbers for TensorBoard: the file of a training's losses that it draws.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with SummaryWriter(folder) as writer:
    ...     writer.add_scalar("loss", 2.5, 100)
    >>> [file] = Path(folder).iterdir()
    >>> [len(data) for data in records(file.read_bytes())]    # its version, the loss
    [24, 26]

    file     records: 8 bytes of length, 4 of its checksum, the data, 4 of its checksum
    record   an event: when, at which step, and a value with its tag

An event is written as protocol buffers write it: each field is a number, which says
what it is and how it is coded, and then the value; a whole number takes 7 bits of each
byte. PyTorch asks for the package tensorboard here. Twenty lines do for scalars, which
is what training loops write.

Left out: histograms, images, texts, graphs.

Chapter: docs/torch/modules.md.  To copy: the folder above.
"""

import os
import socket
import struct
import time
from pathlib import Path


class SummaryWriter:
    """Write numbers into a new file of a folder; by default one in runs/."""

    def __init__(self, log_dir=None, comment="", purge_step=None, max_queue=10,
                 flush_secs=120, filename_suffix=""):
        if not log_dir:
            when = time.strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{when}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        os.makedirs(self.log_dir, exist_ok=True)
        name = (f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}."
                f"{os.getpid()}")
        number = sum(each.startswith(name) for each in os.listdir(self.log_dir))
        path = os.path.join(self.log_dir, f"{name}.{number}{filename_suffix}")
        self.file = open(path, "wb")
        self.file.write(record(double(1, time.time()) + text(3, "brain.Event:2")))

    def get_logdir(self):
        return self.log_dir

    def add_scalar(self, tag, scalar_value, global_step=None, walltime=None,
                   new_style=False, double_precision=False):
        """A number at a step: of a tensor of one element, or of a Python number."""
        when = time.time() if walltime is None else walltime
        self.file.write(record(event(when, int(global_step or 0), str(tag),
                                     float(scalar_value))))

    def flush(self):
        self.file.flush()

    def close(self):
        self.file.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __getattr__(self, name):
        raise AttributeError(f"scratch.torch has no SummaryWriter.{name}: it writes "
                             "scalars")


def event(when, step, tag, number):
    """One value as TensorFlow's Event, whose summary has the value in it."""
    value = text(1, tag) + key(2, 5) + struct.pack("<f", number)
    at = key(2, 0) + varint(step) if step else b""
    return double(1, when) + at + sized(5, sized(1, value))


def key(field, how):
    return varint(field << 3 | how)


def double(field, number):
    return key(field, 1) + struct.pack("<d", number)


def text(field, string):
    return sized(field, string.encode())


def sized(field, data):
    return key(field, 2) + varint(len(data)) + data


def varint(number):
    """7 bits a byte, the lowest first; the eighth says that more follow."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def record(data):
    length = struct.pack("<Q", len(data))
    return length + checked(length) + data + checked(data)


def records(content):
    """The data of each record of a file; ValueError if it is not what was written."""
    found = []
    while content:
        length = content[:8]
        end = 12 + struct.unpack("<Q", length)[0]
        if content[8:12] != checked(length) or content[end:end + 4] != checked(
                content[12:end]):
            raise ValueError(f"record {len(found)} is damaged")
        found.append(content[12:end])
        content = content[end + 4:]
    return found


def checked(data):
    """CRC-32C, turned by 15 bits and shifted, since data may hold checksums itself."""
    crc = crc32c(data)
    return struct.pack("<I", (crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return crc ^ 0xFFFFFFFF
