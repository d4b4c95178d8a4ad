"""The script `wsel`: runs the program in place of Python.

The program has a half without LibTorch and one that loads the environment's
torch. Importing torch would take seconds, so it is only looked up.
"""

import importlib.util
import os
import sys

from wsel import path
from wsel._torch_series import TORCH_SERIES


def torch_folder():
    """The folder of the torch that `import torch` would find, or None."""
    try:
        spec = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        return None
    return os.path.dirname(spec.origin) if spec and spec.origin else None


def torch_version(folder):
    """As torch.__version__, "2.11.0+cu130"; "" if its folder does not show it."""
    try:
        with open(os.path.join(folder, "version.py"), encoding="utf-8") as file:
            for line in file:
                if line.startswith("__version__"):
                    return line.split("=")[1].strip().strip("'\"")
    except OSError:
        pass
    return ""


def torch_fault(folder):
    """Why this torch cannot be used, and what to do; "" if it can."""
    advice = f"pip install 'torch=={TORCH_SERIES}.*'"
    if folder is None:
        return (
            "is not installed in this Python environment, and this command "
            f"needs it: {advice}"
        )
    version = torch_version(folder)
    if not version.startswith(TORCH_SERIES + "."):
        return (
            f"is version {version or 'unknown'} in {folder}, and this wsel was "
            f"built for {TORCH_SERIES}: {advice}, or build wsel again"
        )
    if not os.path.exists(os.path.join(folder, "lib", "libtorch_cpu.so")):
        return f"has no lib/libtorch_cpu.so in {folder}: {advice}"
    return ""


def prepared(environment, folder):
    """The environment of the program, for the torch in this folder or None."""
    environment = dict(environment)
    environment["WSEL_TORCH_FAULT"] = torch_fault(folder)
    # The program looks for torch beside its own package.
    site = os.path.dirname(os.path.dirname(os.path.dirname(path())))
    if folder is not None and not environment["WSEL_TORCH_FAULT"]:
        if os.path.realpath(os.path.dirname(folder)) != os.path.realpath(site):
            libraries = [os.path.join(folder, "lib")]
            before = environment.get("LD_LIBRARY_PATH")
            libraries += [before] if before else []
            environment["LD_LIBRARY_PATH"] = ":".join(libraries)
    return environment


def main():
    environment = prepared(os.environ, torch_folder())
    sys.stdout.flush()
    try:
        os.execve(path(), sys.argv, environment)
    except OSError as error:
        sys.exit(f"wsel: {path()}: {error.strerror}; install wsel again")
