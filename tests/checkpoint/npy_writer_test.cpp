#include "wsel/checkpoint/npy_writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "read_all.h"
#include "temp_folder.h"
#include "throws.h"

namespace wsel::checkpoint {
namespace {

// The bytes of numpy.save(file, numpy.float32([[0, 1, 2], [3, 4, 5]])), NumPy
// 2.4.
TEST(WriteNpy, WritesWhatNumpySaves) {
  const TempFolder folder;
  const std::vector<float> numbers = {0, 1, 2, 3, 4, 5};
  WriteNpy(folder / "x.npy", {2, 3}, numbers);
  std::string wanted("\x93NUMPY\x01\x00v\x00", 10);
  wanted += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  wanted.resize(127, ' ');
  wanted += '\n';
  wanted.append(reinterpret_cast<const char*>(numbers.data()), 24);
  EXPECT_EQ(ReadAll(folder / "x.npy"), wanted);
}

TEST(WriteNpy, StartsNumbersAtAMultipleOf64) {
  const TempFolder folder;
  Shape shape;
  for (int dimensions = 0; dimensions < 30; ++dimensions) {
    WriteNpy(folder / "x.npy", shape, std::vector<float>{1});
    EXPECT_EQ(ReadAll(folder / "x.npy").size() % 64, 4) << dimensions;
    shape.push_back(1);
  }
}

TEST(WriteNpy, SaysWhereItCannotWrite) {
  const TempFolder folder;
  ExpectError(
      [&] { WriteNpy(folder / "none/x.npy", {1}, std::vector<float>{1}); },
      ErrorKind::kIo, {"x.npy"});
}

}  // namespace
}  // namespace wsel::checkpoint
