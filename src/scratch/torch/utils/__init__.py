"""What is around a model and not part of it: data.py, which makes batches.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

from . import data
