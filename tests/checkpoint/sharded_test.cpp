#include <gmock/gmock.h>

#include "checkpoint/container_readers.h"
#include "checkpoint/files.h"
#include "checkpoint/pickle_bytes.h"
#include "checkpoint/safetensors_bytes.h"
#include "throws.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Sharded : public testing::Test {
 protected:
  void Shard(const std::string& name, const std::vector<std::string>& tensors) {
    WriteAll(folder_ / name, ByteTensors(tensors));
  }
  std::filesystem::path Index(const std::string& weight_map) {
    WriteAll(
        folder_ / "index",
        R"({"metadata":{"total_size":3},"weight_map":)" + weight_map + "}");
    return folder_ / "index";
  }
  std::string ErrorOf(const std::string& weight_map) {
    const auto path = Index(weight_map);
    try {
      Open(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFormat) << error.what();
      EXPECT_TRUE(error.where().starts_with(folder_.path().string()));
      return error.what();
    }
    return "";
  }
  TempFolder folder_;
};

TEST_F(Sharded, IsOneCheckpoint) {
  Shard("one", {"a", "b"});
  Shard("two", {"c"});
  const auto file = Open(Index(R"({"c":"two","a":"one","b":"one"})"));
  EXPECT_EQ(file->container(), Container::kShardedSafetensors);
  EXPECT_EQ(Name(file->container()), "sharded safetensors");
  EXPECT_THAT(NamesOf(*file), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Elements<uint8_t>(file->View("b")), ElementsAre(1));
  EXPECT_THAT(Elements<uint8_t>(file->View("c")), ElementsAre(0));
  file->Release("c");
  EXPECT_THAT(file->files(),
              ElementsAre(folder_ / "index", folder_ / "one", folder_ / "two"));
  uint64_t size = 0;
  for (const auto& path : file->files()) {
    size += std::filesystem::file_size(path);
  }
  EXPECT_EQ(file->file_size(), size);
  EXPECT_EQ(file->header().size() + 3, size);  // all but three bytes of data
  EXPECT_THROW(file->View("d"), Error);
}

TEST_F(Sharded, ReadsTorchShards) {
  WriteAll(folder_ / "a.bin", TorchZip(WeightsAnd("")));
  const auto file = Open(Index(R"({"w":"a.bin"})"));
  EXPECT_EQ(file->container(), Container::kShardedTorch);
  EXPECT_EQ(file->View("w").spec.shape, Shape{4});
  Shard("b", {"b"});
  EXPECT_THAT(ErrorOf(R"({"w":"a.bin","b":"b"})"), HasSubstr("neither all"));
}

TEST_F(Sharded, ReadsShardsThatAreLinks) {
  const TempFolder other;
  WriteAll(other / "blob", ByteTensors({"a"}));
  std::filesystem::create_symlink(other / "blob", folder_ / "one");
  EXPECT_THAT(NamesOf(*Open(Index(R"({"a":"one"})"))), ElementsAre("a"));
  // Hugging Face's cache: index and files are links into the same folder.
  const TempFolder snapshot;
  WriteAll(other / "blob2", R"({"weight_map":{"a":"one"}})");
  std::filesystem::create_symlink(other / "blob", snapshot / "one");
  std::filesystem::create_symlink(other / "blob2", snapshot / "index");
  EXPECT_THAT(NamesOf(*Open(snapshot / "index")), ElementsAre("a"));
}

// What is in the files counts; an index may be stale.
TEST_F(Sharded, ReadsWhatTheIndexListsElsewhereOrNot) {
  Shard("one", {"a"});
  Shard("two", {"b"});
  for (const char* map :
       {R"({"a":"one","b":"two","c":"two"})", R"({"a":"two","b":"one"})",
        R"({"a":"one","x":"two"})", R"({"a":"./one","b":"./two"})"}) {
    EXPECT_THAT(NamesOf(*Open(Index(map))), ElementsAre("a", "b")) << map;
  }
  const auto file = Open(Index(R"({"a":"one","c":"two"})"));
  ASSERT_EQ(file->unsupported().size(), 1U);
  EXPECT_EQ(file->unsupported()[0].name, "c");
  EXPECT_THAT(file->unsupported()[0].reason, HasSubstr("is in no file"));
  ExpectError([&] { file->View("c"); }, ErrorKind::kFormat,
              {"'c'", "is in no file"});
}

TEST_F(Sharded, IgnoresOtherKeys) {
  Shard("one", {"a"});
  WriteAll(folder_ / "x",
           R"( {"n":[1,-1,1.5,true,null,{"weight_map":"s"}],"s":"weight_map",)"
           R"("weight_map":{"a":"one"},"after":{"a":[]}})");
  EXPECT_THAT(NamesOf(*Open(folder_ / "x")), ElementsAre("a"));
}

}  // namespace
}  // namespace wsel::checkpoint
