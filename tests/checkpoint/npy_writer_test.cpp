#include "wsel/checkpoint/npy_writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "read_all.h"
#include "temp_folder.h"
#include "throws.h"

namespace wsel::checkpoint {
namespace {

// As numpy.save(file, numpy.float32([[0, 1, 2], [3, 4, 5]])) of NumPy 2.4.
TEST(WriteNpy, MatchesNumpySave) {
  const TempFolder folder;
  const std::vector<float> values = {0, 1, 2, 3, 4, 5};
  WriteNpy(folder / "x.npy", {2, 3}, values);
  std::string expected("\x93NUMPY\x01\x00v\x00", 10);
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.resize(127, ' ');
  expected += '\n';
  expected.append(reinterpret_cast<const char*>(values.data()), 24);
  EXPECT_EQ(ReadAll(folder / "x.npy"), expected);
}

TEST(WriteNpy, AlignsDataTo64Bytes) {
  const TempFolder folder;
  Shape shape;
  for (int dimensions = 0; dimensions < 30; ++dimensions) {
    WriteNpy(folder / "x.npy", shape, std::vector<float>{1});
    EXPECT_EQ(ReadAll(folder / "x.npy").size() % 64, 4) << dimensions;
    shape.push_back(1);
  }
}

TEST(WriteNpy, RejectsAMissingFolder) {
  const TempFolder folder;
  ExpectError(
      [&] { WriteNpy(folder / "none/x.npy", {1}, std::vector<float>{1}); },
      ErrorKind::kIo, {"x.npy"});
}

}  // namespace
}  // namespace wsel::checkpoint
