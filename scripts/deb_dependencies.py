#!/usr/bin/env python3
"""Checks that a Debian package depends on what its programs load.

    scripts/deb_dependencies.py PACKAGE.deb ROOT

ROOT is a folder in which the package is unpacked. Each library that a program or
library of it needs must be in ROOT, or in a package among Depends. Prints what is
not, and then ends with 1. For scripts/package --test.
"""

import pathlib
import re
import subprocess
import sys

# The driver's, which most machines have from its maker.
OF_THE_DRIVER = {"libcuda.so.1"}


def names_in(depends):
    """The packages of a field Depends, alternatives included."""
    return {re.split(r"[\s(:]", one.strip())[0]
            for one in re.split(r"[,|]", depends) if one.strip()}


def needed_in(text):
    """The libraries in the output of readelf -d."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", text)


def paths_in(text):
    """Library -> path in the output of ldd; None: not found."""
    found = re.findall(r"^\s*(\S+) => (not found|\S+)", text, re.MULTILINE)
    return {name: None if path == "not found" else path for name, path in found}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=False).stdout


def owner_of(path):
    """The installed package that has the file, or None. The database may have it
    below / or /usr, which are the same where they are merged."""
    below_usr = path if path.startswith("/usr/") else "/usr" + path
    for name in (path, below_usr, below_usr[4:]):
        found = output("dpkg-query", "-S", name)
        if found:
            return found.split(":")[0]
    return None


def names_of(package):
    """Its name, and those of the virtual packages that it provides: spdlog's names
    the series of fmt."""
    return {package} | names_in(
        output("dpkg-query", "-W", "-f", "${Provides}", package))


def programs_in(root):
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def faults_of(program, own, depends):
    paths = paths_in(output("ldd", str(program)))
    for library in needed_in(output("readelf", "-d", str(program))):
        if library in own or library in OF_THE_DRIVER:
            continue
        # The loader itself has no "=>".
        if library.startswith("ld-linux"):
            continue
        path = paths.get(library)
        owner = owner_of(path) if path else None
        if owner is None or depends.isdisjoint(names_of(owner)):
            yield f"{program.name} needs {library} of {owner or 'no package'}"


def main():
    package, root = sys.argv[1], pathlib.Path(sys.argv[2])
    depends = names_in(output("dpkg-deb", "-f", package, "Depends"))
    own = {path.name for path in root.rglob("*.so*")}
    programs = list(programs_in(root))
    faults = [f for p in programs for f in faults_of(p, own, depends)]
    if not programs:
        faults = [f"{root} has no programs"]
    print("\n".join(faults or [f"{len(programs)} files need only {sorted(depends)}"]))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
