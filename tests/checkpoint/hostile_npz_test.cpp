#include <fmt/format.h>

#include "checkpoint/hostile.h"
#include "checkpoint/npy_bytes.h"

namespace wsel::checkpoint {
namespace {

using namespace std::string_literals;

std::string Npz(const std::string& npy) {
  return ZipOf({{.name = "w.npy", .data = npy}});
}

// Eight bytes of data with this shape.
std::string Shaped(const std::string& shape) {
  return Npz(
      Npy("{'descr': '<f4', 'fortran_order': True, 'shape': " + shape + "}",
          std::string(8, '\x01')));
}

std::string Typed(const std::string& descr) {
  return Npz(
      Npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': (2,)}",
          std::string(8, '\x01')));
}

std::string Cut(size_t size) {
  return Npz(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
                 std::string(8, '\x01'))
                 .substr(0, size));
}

// A dimension takes two bytes in the file, and 24 in memory.
std::string ManyDimensions() {
  const std::string npy = Npy("{'descr':'|u1','fortran_order':True,'shape':(" +
                                  Repeated("1,", 63) + "1)}",
                              "x");
  std::vector<ZipPart> parts;
  for (int i = 0; i < 32'768; ++i) {
    parts.push_back({.name = std::to_string(i) + ".npy", .data = npy});
  }
  return ZipOf(parts);
}

std::string TooMany() {
  std::vector<ZipPart> parts;
  for (int i = 0; i < 60'000; ++i) {
    parts.push_back({.name = std::string(200, 'n') + std::to_string(i) + ".npy",
                     .data = "x"});
  }
  return ZipOf(parts);
}

INSTANTIATE_TEST_SUITE_P(
    Npz, HostileFile,
    testing::Values(
        Hostile("CutToNothing", "tensor 'w': byte 0: truncated", Cut(0)),
        Hostile("CutInMagic", "tensor 'w': byte 0: truncated", Cut(4)),
        Hostile("CutInVersion", "tensor 'w': byte 7: truncated", Cut(7)),
        Hostile("CutInLength", "tensor 'w': byte 8: truncated", Cut(9)),
        Hostile("CutInHeader", "tensor 'w': byte 10: truncated", Cut(30)),
        Hostile("CutInData", "takes 8 bytes, but the file has 7", Cut(72)),
        Hostile("OtherMagic", "tensor 'w': is not a NumPy array",
                Npz("\x93NUMPZ\x01")),
        Hostile("UnknownVersion", "'w': is a .npy of unknown version 4.0",
                Npz("\x93NUMPY\x04\x00\x02\x00{}"s)),
        Hostile("HeaderOfTwoTo32", "tensor 'w': the array's header has 4294967",
                Npz("\x93NUMPY\x02\x00\xff\xff\xff\xff{}"s)),
        Hostile("ShapeTooLarge", "tensor 'w': float32 [3] takes 12 bytes",
                Shaped("(3,)")),
        Hostile("ShapeTooSmall", "takes 4 bytes, but the file has 8",
                Shaped("(1,)")),
        Hostile("ShapeOverflows", "tensor 'w': has the shape [4294967296, 42",
                Shaped("(4294967296, 4294967296)")),
        Hostile("BytesOverflow", "overflows", Shaped("(4611686018427387904,)")),
        Hostile("ShapeOverflowsBesideZero", "overflows",
                Shaped("(0, 4294967296, 4294967296)")),
        Hostile("ShapeOfTwoTo63", "of the array's header: expected a dimension",
                Shaped("(9223372036854775808,)")),
        Hostile("ShapeOf70Dimensions", "has more than 64 dimensions",
                Shaped("(" + Repeated("1,", 70) + ")")),
        Hostile("ShapeNegative", "expected a dimension", Shaped("(-2,)")),
        Hostile("ShapeIsACall", "expected '('", Shaped("os.system('x')")),
        Hostile("ShapeTwice", "'shape' occurs twice",
                Shaped("(2,), 'shape': (2,)")),
        Hostile("TypeIsObject", "tensor 'w': holds Python objects",
                Typed("'|O'")),
        Hostile("TypeIsBigEndian", "big-endian", Typed("'>f4'")),
        Hostile("TypeIsStructure", "byte 10 of the array's header: is a struct",
                Typed("[('a', '<f4')]")),
        Hostile("HeaderIsCode", "byte 0 of the array's header",
                Npz(Npy("__import__('os').system('x')", ""))),
        Hostile("NameEmpty", "a tensor is named ''",
                ZipOf({{.name = ".npy",
                        .data = Npy("{'descr': '|u1', 'fortran_order': False, "
                                    "'shape': ()}",
                                    "x")}})),
        Hostile("Compressed", "tensor 'w': is compressed",
                ZipOf({{.name = "w.npy", .data = "x", .method = 8}})),
        Hostile("TooManyArrays", "holds more than 32768 tensors", TooMany),
        Hostile("TooManyDimensions", "takes tens of megabytes more",
                ManyDimensions)),
    NameOfCase);

}  // namespace
}  // namespace wsel::checkpoint
