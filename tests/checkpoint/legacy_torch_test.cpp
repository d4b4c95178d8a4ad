#include <gmock/gmock.h>

#include "checkpoint/container_readers.h"
#include "checkpoint/files.h"
#include "checkpoint/legacy_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using namespace std::string_literals;

std::string With(const std::string& tensor) {
  return "\x80\x02}" + Unicode("w") + tensor + "s.";
}

std::string FloatsOf(const std::string& bytes) {
  const MemoryFile file(bytes);
  std::string out;
  for (const float value : Elements<float>(Open(file.path())->View("w"))) {
    out += std::to_string(static_cast<int>(value)) + " ";
  }
  return out;
}

TEST(LegacyTorch, ReadsTorchsFiles) {
  const auto file = Open(Golden("legacy_training.pth"));
  EXPECT_EQ(file->container(), Container::kLegacyTorch);
  EXPECT_EQ(Name(file->container()), "legacy torch");
  EXPECT_EQ(Elements<float>(file->View("model.proj.weight")), Ramp<float>(6));
  EXPECT_THAT(Elements<float>(file->View("corner")),
              ElementsAre(8, 9, 10, 14, 15, 16));
  EXPECT_EQ(Elements<float>(file->View("tied")), Ramp<float>(24));
  EXPECT_THAT(file->metadata(), AllOf(Contains(Pair("epoch", "300")),
                                      Contains(Pair("args.lr", "0.001"))));
  const auto header = file->header();
  EXPECT_EQ(static_cast<char>(header.back()), '.');  // of the storage keys
}

TEST(LegacyTorch, ReadsEveryProtocol) {
  EXPECT_EQ(Elements<float>(
                Open(Golden("legacy_protocol4.pth"))->View("proj.weight")),
            Ramp<float>(6));
  EXPECT_EQ(OpenError(Legacy(WeightsAnd(""))), "");
}

// The sixth field of a storage's id: (key, offset, count) of a view.
TEST(LegacyTorch, ReadsViewsOfStorages) {
  const std::string view = "(" + Unicode("v") + "K\x01K\x02t";
  const std::string floats =
      LegacyStorage(4, "\0\0\x80?\0\0\0@\0\0@@\0\0\x80@"s);
  const auto file = [&](const std::string& tensor) {
    return LegacyStart() + With(tensor) + LegacyKeys({"0"}) + floats;
  };
  EXPECT_EQ(FloatsOf(file(Tensor(StorageWithView(4, "N"), 1, {3}, {1}))),
            "2 3 4 ");
  EXPECT_EQ(FloatsOf(file(Tensor(StorageWithView(4, view), 0, {2}, {1}))),
            "2 3 ");
  EXPECT_EQ(FloatsOf(file(Tensor(StorageWithView(4, view), 1, {1}, {1}))),
            "3 ");
  EXPECT_THAT(OpenError(file(Tensor(StorageWithView(4, view), 1, {2}, {1}))),
              HasSubstr("extends beyond its storage of 8 bytes"));
  for (const char* invalid : {"K\x04K\x01", "K\x00K\x05", "K\x05K\x00"}) {
    EXPECT_THAT(OpenError(file(Tensor(
                    StorageWithView(
                        4, "(" + Unicode("v") + std::string(invalid, 4) + "t"),
                    0, {1}, {1}))),
                HasSubstr("beyond the underlying storage"));
  }
  EXPECT_THAT(OpenError(file(Tensor(StorageWithView(4, "K\x01"), 0, {1}, {1}))),
              HasSubstr("not (key, offset, count)"));
}

TEST(LegacyTorch, ReadsGpuStorages) {
  std::string storage = Storage(4);
  storage.replace(storage.find("ctorch\n"), 7, "ctorch.cuda\n");
  storage.replace(storage.find(Unicode("cpu")), 8, Unicode("cuda:7"));
  EXPECT_EQ(OpenError(Legacy(With(Tensor(storage, 0, {4}, {1})))), "");
}

// Whole modules were pickled with their source code.
TEST(LegacyTorch, IgnoresTheSourceOfModules) {
  const std::string module = "(" + Unicode("module") + Global("m", "Net") +
                             Unicode("net.py") + Unicode("class Net") + "tQ";
  const std::string state =
      "}" + Unicode("_parameters") + "}" + Unicode("w") + FourFloats() + "ss";
  const MemoryFile file(Legacy("\x80\x02" + module + ")\x81" + state + "b."));
  EXPECT_THAT(NamesOf(*Open(file.path())), ElementsAre("w"));
}

TEST(LegacyTorch, RejectsOtherByteOrdersAndProtocols) {
  std::string big = Legacy(WeightsAnd(""));
  big.replace(big.find("\x88s."), 1, "\x89");
  EXPECT_THAT(OpenError(big), HasSubstr("big-endian"));
  std::string protocol = Legacy(WeightsAnd(""));
  protocol.replace(protocol.find("M\xe9\x03"), 3, "M\xea\x03");
  EXPECT_THAT(OpenError(protocol), HasSubstr("protocol version is not 1001"));
  std::string sys_info = LegacyStart();
  sys_info.resize(sys_info.find('}'));
  EXPECT_THAT(OpenError(sys_info + "N."), HasSubstr("sys_info is not"));
}

}  // namespace
}  // namespace wsel::checkpoint
