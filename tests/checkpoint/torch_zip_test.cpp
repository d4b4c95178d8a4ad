#include "wsel/checkpoint/torch_zip.h"

#include <gmock/gmock.h>

#include <limits>

#include "checkpoint/files.h"
#include "checkpoint/pickle_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::string RefusalOf(const std::string& tensor) {
  return Refusal(TorchZip("\x80\x02}" + Unicode("w") + tensor + "s."));
}

TEST(TorchZip, StridedViewsShareAStorage) {
  EXPECT_EQ(RefusalOf(FourFloats()), "");
  EXPECT_EQ(RefusalOf(Tensor(Storage(4), 0, {2, 2}, {1, 2})), "");
  EXPECT_EQ(RefusalOf(Tensor(Storage(4), 3, {5}, {0})), "");
  EXPECT_EQ(RefusalOf(Tensor(Storage(4), 4, {0}, {1})), "");
  EXPECT_EQ(RefusalOf(Tensor(Storage(2), 0, {2}, {1})), "");
  EXPECT_EQ(Refusal(TorchZip(WeightsAnd(Unicode("tied") + FourFloats()))), "");
}

TEST(TorchZip, RefusesViewsBeyondTheirStorage) {
  for (const std::string& tensor :
       {Tensor(Storage(4), 0, {5}, {1}), Tensor(Storage(4), 1, {4}, {1}),
        Tensor(Storage(4), 4, {1}, {1}), Tensor(Storage(4), 0, {2}, {4}),
        Tensor(Storage(2), 0, {4}, {1}), Tensor(Storage(4), kMost, {1}, {1}),
        Tensor(Storage(4), kMost / 4, {1}, {1}),
        Tensor(Storage(4), 0, {2, 2}, {kMost, kMost}),
        Tensor(Storage(4), 0, {3}, {kMost})}) {
    EXPECT_THAT(RefusalOf(tensor), HasSubstr("tensor 'w': "));
    EXPECT_THAT(RefusalOf(tensor), HasSubstr("beyond its storage"));
  }
}

TEST(TorchZip, RefusesImpossibleTensors) {
  EXPECT_THAT(RefusalOf(Tensor(Storage(4), 0, {4}, {-1})),
              HasSubstr("no count"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(4), -1, {4}, {1})),
              HasSubstr("no count"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(4), 0, {-4}, {1})),
              HasSubstr("no count"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(-4), 0, {4}, {1})),
              HasSubstr("no count"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(kMost), 0, {4}, {1})),
              HasSubstr("elements than memory"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(5), 0, {4}, {1})),
              HasSubstr("should have 20 bytes and has 16"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(4), 0, {4}, {1, 1})),
              HasSubstr("impossible shape"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(4), 0, {kMost, kMost}, {0, 0})),
              HasSubstr("impossible shape"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(4), 0, {int64_t{1} << 40}, {0})),
              HasSubstr("repeats its numbers"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(4), 0, std::vector<int64_t>(65, 1),
                               std::vector<int64_t>(65, 1))),
              HasSubstr("no short list"));
  EXPECT_THAT(RefusalOf(Tensor(Storage(4, "7"), 0, {4}, {1})),
              HasSubstr("'data/7', are not in the file"));
  EXPECT_THAT(
      RefusalOf(Tensor(Storage(2, "0", "ComplexFloatStorage"), 0, {2}, {1})),
      HasSubstr("'torch.ComplexFloatStorage'"));
  EXPECT_THAT(RefusalOf(Tensor("N", 0, {4}, {1})), HasSubstr("no storage"));
  EXPECT_THAT(RefusalOf(Tensor("NQ", 0, {4}, {1})), HasSubstr("no storage"));
  EXPECT_THAT(RefusalOf(Global("torch._utils", "_rebuild_tensor_v2") + ")R"),
              HasSubstr("too few"));
  EXPECT_THAT(RefusalOf(Global("torch._utils", "_rebuild_qtensor") + ")R"),
              HasSubstr("not read"));
}

TEST(TorchZip, RefusesAParameterOfItself) {
  // q1 = [_rebuild_parameter(q1...)] cannot be built; a list of it can.
  const std::string loop =
      Global("torch._utils", "_rebuild_parameter") + "]q\x01h\x01" + "a\x85R";
  EXPECT_THAT(RefusalOf(loop), HasSubstr("not read"));
}

TEST(TorchZip, TheFolderMayHaveAnyName) {
  const std::string pickle = WeightsAnd("");
  const std::string floats(16, '\x01');
  EXPECT_EQ(Refusal(ZipOf({{.name = "my model/data.pkl", .data = pickle},
                           {.name = "my model/data/0", .data = floats}})),
            "");
  EXPECT_THAT(Refusal(ZipOf({{.name = "a/data.pkl", .data = pickle},
                             {.name = "b/data.pkl", .data = pickle}})),
              HasSubstr("several checkpoints"));
  EXPECT_THAT(Refusal(ZipOf({{.name = "data.pkl", .data = pickle}})),
              HasSubstr("not one of torch.save"));
  EXPECT_THAT(Refusal(ZipOf({})), HasSubstr("not one of torch.save"));
}

TEST(TorchZip, RefusesCompressedRecords) {
  const std::string pickle = WeightsAnd("");
  const std::string floats(16, '\x01');
  EXPECT_THAT(
      Refusal(ZipOf({{.name = "a/data.pkl", .data = pickle},
                     {.name = "a/data/0", .data = floats, .method = 8}})),
      HasSubstr("is compressed"));
  EXPECT_THAT(
      Refusal(ZipOf({{.name = "a/data.pkl", .data = pickle, .method = 8},
                     {.name = "a/data/0", .data = floats}})),
      HasSubstr("is compressed"));
}

TEST(TorchZip, RefusesBigEndianNumbers) {
  EXPECT_THAT(
      Refusal(ZipOf({{.name = "a/data.pkl", .data = WeightsAnd("")},
                     {.name = "a/byteorder", .data = "big"},
                     {.name = "a/data/0", .data = std::string(16, '\x01')}})),
      HasSubstr("byte order 'big'"));
}

TEST(TorchZip, RefusesBrokenMetadataOfOurs) {
  const auto with = [](const std::string& json) {
    return Refusal(ZipOf({{.name = "a/data.pkl", .data = WeightsAnd("")},
                          {.name = "a/data/0", .data = std::string(16, '\x01')},
                          {.name = "a/wsel/metadata.json", .data = json}}));
  };
  EXPECT_EQ(with(R"({"a":"b"})"), "");
  EXPECT_THAT(with("{"), HasSubstr("JSON"));
  EXPECT_THAT(with("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(with(R"({"a":1})"), HasSubstr("'a' is no string"));
}

TEST(TorchZip, RefusesNamesThatSteerATerminal) {
  EXPECT_THAT(
      Refusal(TorchZip("\x80\x02}" + Unicode("\x1b[2J") + FourFloats() + "s.")),
      HasSubstr("'?[2J'"));
  EXPECT_THAT(Refusal(TorchZip("\x80\x02}" + Unicode(std::string(1100, 'n')) +
                               FourFloats() + "s.")),
              HasSubstr("more than 1024 bytes"));
}

TEST(TorchZip, UnalignedStoragesAreCopied) {
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
