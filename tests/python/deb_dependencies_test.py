"""What scripts/deb_dependencies.py reads of other programs' output.

    python3 tests/python/deb_dependencies_test.py
"""

import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts"))
import deb_dependencies as deb

DEPENDS = "libc6 (>= 2.36), libspdlog1.10, libjpeg62-turbo | libjpeg8, libz1:any"
READELF = """ 0x01 (NEEDED)             Shared library: [libz.so.1]
 0x01 (NEEDED)             Shared library: [libc.so.6]
 0x0e (SONAME)             Library soname: [libown.so]
"""
LDD = """\tlinux-vdso.so.1 (0x00007f28f8426000)
\tlibz.so.1 => /lib/libz.so.1 (0x00007f28f83f4000)
\tlibc.so.6 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f28f8600000)
"""


def programs(owners):
    """In place of deb_dependencies.output: these packages have these files."""

    def output(*command):
        if command[0] == "ldd":
            return LDD
        if command[0] == "readelf":
            return READELF
        if command[1] == "-W":
            return "libz, libz1-ng (= 2)" if command[-1] == "zlib1g" else ""
        owner = owners.get(command[-1])
        return f"{owner}:amd64: {command[-1]}\n" if owner else ""

    return mock.patch.object(deb, "output", output)


class DebDependencies(unittest.TestCase):
    def faults(self, own=(), depends=(), owners=None):
        with programs(owners or {}):
            program = pathlib.Path("wsel")
            return list(deb.faults_of(program, set(own), set(depends)))

    def test_reads_names_of_packages(self):
        self.assertEqual(
            deb.names_in(DEPENDS),
            {"libc6", "libspdlog1.10", "libjpeg62-turbo", "libjpeg8", "libz1"},
        )
        self.assertEqual(deb.names_in(""), set())

    def test_reads_libraries_and_paths(self):
        self.assertEqual(deb.needed_in(READELF), ["libz.so.1", "libc.so.6"])
        self.assertEqual(
            deb.paths_in(LDD), {"libz.so.1": "/lib/libz.so.1", "libc.so.6": None}
        )

    def test_names_what_is_missing(self):
        owners = {"/lib/libz.so.1": "zlib1g"}
        self.assertEqual(
            self.faults(owners=owners),
            ["wsel needs libz.so.1 of zlib1g", "wsel needs libc.so.6 of no package"],
        )

    def test_finds_the_owner_where_usr_is_merged(self):
        owners = {"/usr/lib/libz.so.1": "zlib1g"}
        self.assertEqual(
            self.faults(own=["libc.so.6"], depends=["zlib1g"], owners=owners), []
        )

    def test_a_virtual_package_will_do(self):
        owners = {"/lib/libz.so.1": "zlib1g"}
        for depends in ("libz1-ng", "zlib1g"):
            self.assertEqual(
                self.faults(own=["libc.so.6"], depends=[depends], owners=owners), []
            )


if __name__ == "__main__":
    unittest.main()
