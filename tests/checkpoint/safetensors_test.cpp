#include <gmock/gmock.h>

#include "checkpoint/container_readers.h"
#include "checkpoint/files.h"
#include "checkpoint/safetensors_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;

// A header with these entries.
template <typename... Entries>
std::string Header(const Entries&... entries) {
  const std::vector<std::string> all = {entries...};
  return fmt::format("{{{}}}", fmt::join(all, ","));
}

std::string One(const std::string& dtype, const std::string& shape,
                const std::string& offsets, size_t data_size) {
  return SafetensorsOf(Header(SafetensorsEntry("a", dtype, shape, offsets)),
                       data_size);
}

TEST(Safetensors, KeepsTheOrderOfTheHeader) {
  const TempFolder folder;
  WriteAll(folder / "f",
           SafetensorsOf(Header(SafetensorsEntry("b", "U8", "[2]", "[4,6]"),
                                SafetensorsEntry("a", "I32", "[1]", "[0,4]"),
                                R"("__metadata__":{"k":"v"})") +
                             "  ",
                         6));
  const auto file = Open(folder / "f");
  EXPECT_EQ(file->container(), Container::kSafetensors);
  EXPECT_EQ(file->path(), folder / "f");
  EXPECT_THAT(NamesOf(*file), ElementsAre("b", "a"));
  EXPECT_THAT(Elements<uint8_t>(file->View("b")), ElementsAre(4, 5));
  EXPECT_THAT(Elements<int32_t>(file->View("a")), ElementsAre(0x03020100));
  EXPECT_THAT(file->metadata(), ElementsAre(std::pair("k", "v")));
  EXPECT_EQ(file->header().size() + 6, file->file_size());
  EXPECT_THAT(file->files(), ElementsAre(folder / "f"));
}

TEST(Safetensors, AlignsUnalignedData) {
  const TempFolder folder;
  WriteAll(folder / "f",
           SafetensorsOf(Header(SafetensorsEntry("b", "U8", "[1]", "[0,1]"),
                                SafetensorsEntry("a", "F32", "[1]", "[1,5]")),
                         5));
  const auto file = Open(folder / "f");
  const TensorView view = file->View("a");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(view.bytes.data()) % 4, 0U);
  EXPECT_THAT(Elements<uint32_t>(view), ElementsAre(0x04030201));
  file->Release("a");
  EXPECT_THAT(Elements<uint32_t>(file->View("a")), ElementsAre(0x04030201));
}

TEST(Safetensors, AcceptsFilesWithoutData) {
  EXPECT_EQ(OpenError(SafetensorsOf("{}", 0)), "");
  EXPECT_EQ(OpenError(One("F32", "[]", "[0,4]", 4)), "");
  EXPECT_EQ(OpenError(One("F32", "[0,7]", "[0,0]", 0)), "");
}

TEST(Safetensors, ReadsTheOthersBesideUnknownDTypes) {
  const TempFolder folder;
  WriteAll(
      folder / "f",
      SafetensorsOf(Header(SafetensorsEntry("scale", "F8_E8M0", "[4]", "[0,4]"),
                           SafetensorsEntry("q", "F4", "[4]", "[4,6]"),
                           SafetensorsEntry("a", "U8", "[2]", "[6,8]"),
                           R"("__metadata__":null)"),
                    8));
  const auto file = Open(folder / "f");
  EXPECT_THAT(NamesOf(*file), ElementsAre("a"));
  EXPECT_THAT(Elements<uint8_t>(file->View("a")), ElementsAre(6, 7));
  ASSERT_EQ(file->unsupported().size(), 2U);
  EXPECT_EQ(file->unsupported()[0].name, "scale");
  EXPECT_THAT(file->unsupported()[0].reason, testing::HasSubstr("'F8_E8M0'"));
  EXPECT_TRUE(file->metadata().empty());
}

TEST(Safetensors, UnknownTensorIsAMismatch) {
  const auto file = Open(Golden("dtypes.safetensors"));
  try {
    file->View("absent");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMismatch);
  }
}

}  // namespace
}  // namespace wsel::checkpoint
