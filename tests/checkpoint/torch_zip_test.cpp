#include <gmock/gmock.h>

#include "checkpoint/container_readers.h"
#include "checkpoint/files.h"
#include "checkpoint/pickle_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string OpenErrorOf(const std::string& tensor) {
  return OpenError(TorchZip("\x80\x02}" + Unicode("w") + tensor + "s."));
}

TEST(TorchZip, ReadsStridedViewsOfAStorage) {
  EXPECT_EQ(OpenErrorOf(FourFloats()), "");
  EXPECT_EQ(OpenErrorOf(Tensor(Storage(4), 0, {2, 2}, {1, 2})), "");
  EXPECT_EQ(OpenErrorOf(Tensor(Storage(4), 3, {5}, {0})), "");
  EXPECT_EQ(OpenErrorOf(Tensor(Storage(4), 4, {0}, {1})), "");
  EXPECT_EQ(OpenErrorOf(Tensor(Storage(2), 0, {2}, {1})), "");
  EXPECT_EQ(OpenError(TorchZip(WeightsAnd(Unicode("tied") + FourFloats()))),
            "");
}

// {"w": ..., "state": {key: {"step": ...}, ...}} of an optimizer that is
// pickled whole, whose keys are parameters, and of other programs.
TEST(TorchZip, NamesEntriesWithKeysOfAnyType) {
  const TempFolder folder;
  const std::string step = "}" + Unicode("step") + FourFloats() + "s";
  const std::string bytes = Global("_codecs", "encode") + "(" +
                            Unicode("head") + Unicode("latin1") + "tR";
  WriteAll(
      folder / "f",
      TorchZip(WeightsAnd(Unicode("state") + "}(" + FourFloats() + step +
                          FourFloats() + step + Ints({0, 1}) + step + Int(1) +
                          step + Unicode("1") + step + bytes + step + "u")));
  EXPECT_THAT(
      NamesOf(*Open(folder / "f")),
      ElementsAre("w", "state.?0.step", "state.?1.step", "state.?2.step",
                  "state.?3.step", "state.1.step", "state.head.step"));
}

TEST(TorchZip, AcceptsAnyFolderName) {
  const std::string pickle = WeightsAnd("");
  const std::string floats(16, '\x01');
  EXPECT_EQ(OpenError(ZipOf({{.name = "my model/data.pkl", .data = pickle},
                             {.name = "my model/data/0", .data = floats}})),
            "");
  EXPECT_THAT(OpenError(ZipOf({{.name = "a/data.pkl", .data = pickle},
                               {.name = "b/data.pkl", .data = pickle}})),
              HasSubstr("several checkpoints"));
  EXPECT_THAT(OpenError(ZipOf({{.name = "data.pkl", .data = pickle}})),
              HasSubstr("not one of torch.save"));
  EXPECT_THAT(OpenError(ZipOf({})), HasSubstr("not one of torch.save"));
}

TEST(TorchZip, RejectsCompressedRecords) {
  const std::string pickle = WeightsAnd("");
  const std::string floats(16, '\x01');
  EXPECT_THAT(
      OpenError(ZipOf({{.name = "a/data.pkl", .data = pickle},
                       {.name = "a/data/0", .data = floats, .method = 8}})),
      HasSubstr("is compressed"));
  EXPECT_THAT(
      OpenError(ZipOf({{.name = "a/data.pkl", .data = pickle, .method = 8},
                       {.name = "a/data/0", .data = floats}})),
      HasSubstr("is compressed"));
}

TEST(TorchZip, CopiesUnalignedStorages) {
  const TempFolder folder;
  WriteAll(folder / "f", TorchZip(WeightsAnd("")));
  const auto file = Open(folder / "f");
  const TensorView view = file->View("w");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(view.bytes.data()) % 4, 0U);
  EXPECT_THAT(Elements<uint32_t>(view),
              ElementsAre(0x01010101, 0x01010101, 0x01010101, 0x01010101));
}

}  // namespace
}  // namespace wsel::checkpoint
