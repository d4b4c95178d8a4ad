"""The command-line program wsel. It has no Python API beyond its path."""

import os as _os

__all__ = ["path"]


def path():
    """The path of the program, to run it without the script `wsel`."""
    return _os.path.join(_os.path.dirname(_os.path.abspath(__file__)), "bin", "wsel")
