"""What a downloaded chapter begins with: begin is the first cell of its notebook and its script.

Its source is copied there as it is, so that it imports what it needs inside, and nothing of ours.
"""


def begin(package, files, pip, gpu=(), variables=None, address="", sha256="", advice=""):
    """Find the book's modules, and the files that this chapter reads, or fetch both; or say what to do.

    They are looked for in this folder, in those above it, and where the package is installed from; then
    fetched from the site that this file came from. gpu are packages for machines that have one.
    """
    import hashlib
    import importlib.util
    import io
    import os
    import shutil
    import subprocess
    import sys
    import tempfile
    import urllib.request
    import zipfile
    from pathlib import Path

    in_colab = "google.colab" in sys.modules
    has_gpu = bool(gpu and shutil.which("nvidia-smi")
                   and subprocess.run(["nvidia-smi"], capture_output=True).returncode == 0)
    if has_gpu:
        os.environ.update(variables or {})
    missing = " ".join(names for module, names in pip.items()
                       if (has_gpu or module not in gpu) and importlib.util.find_spec(module) is None)
    if missing and in_colab:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", *missing.split()], check=True)
    elif missing:
        raise ModuleNotFoundError(f"this chapter needs packages that are not installed here: {missing}\n"
                                  f"In a notebook, run `%pip install {missing}`; in a terminal, "
                                  f"`python -m pip install {missing}`. Then run this again.")

    known = importlib.util.find_spec(package)
    installed = Path(known.origin).resolve() if known and known.origin else None
    here = Path.cwd()
    fetched = here / f"{package}-{sha256[:8]}"
    places = [here, *here.parents, *(installed.parents if installed else []), fetched]
    book = next((place for place in places if all((place / name).is_file() for name in files)), None)
    if book is None and installed and len(files) == 1:
        return    # the package is all that the chapter reads
    if book is None and not address:
        raise ModuleNotFoundError(f"this chapter reads {', '.join(files)}, which are neither in {here} nor "
                                  f"above it: {advice}")
    if book is None:
        print(f"fetching {address} into {fetched}")
        try:
            with urllib.request.urlopen(address, timeout=60) as response:
                content = response.read()
        except OSError as error:
            raise OSError(f"{address} cannot be read ({error}); {advice}") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError(f"{address} is of another edition of the book than this file: download this "
                             "chapter again")
        with tempfile.TemporaryDirectory(dir=here) as folder:
            zipfile.ZipFile(io.BytesIO(content)).extractall(f"{folder}/book")
            shutil.rmtree(fetched, ignore_errors=True)
            os.replace(f"{folder}/book", fetched)    # whole, or not there
        book = fetched
    modules = str(book / Path(files[0]).parents[1])
    sys.path[:0] = [modules, str(book)]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [modules, os.environ.get("PYTHONPATH")]))
    os.chdir(book)    # where the chapter's paths begin
