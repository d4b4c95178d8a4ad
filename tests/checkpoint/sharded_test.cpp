#include "wsel/checkpoint/sharded.h"

#include <gmock/gmock.h>

#include "checkpoint/files.h"
#include "checkpoint/pickle_bytes.h"
#include "checkpoint/safetensors_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

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
  std::string Refused(const std::string& weight_map) {
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
  file->Drop("c");
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

TEST_F(Sharded, OfTorchToo) {
  WriteAll(folder_ / "a.bin", TorchZip(WeightsAnd("")));
  const auto file = Open(Index(R"({"w":"a.bin"})"));
  EXPECT_EQ(file->container(), Container::kShardedTorch);
  EXPECT_EQ(file->View("w").spec.shape, Shape{4});
  Shard("b", {"b"});
  EXPECT_THAT(Refused(R"({"w":"a.bin","b":"b"})"), HasSubstr("neither all"));
}

TEST_F(Sharded, NamesWhatIsMissing) {
  Shard("one", {"a"});
  EXPECT_THAT(Refused(R"({"a":"one","b":"two"})"),
              HasSubstr("'two', which it names, is not beside it"));
  EXPECT_THAT(Refused(R"({"a":"one","b":"one"})"),
              HasSubstr("tensor 'b': is not in 'one'"));
}

TEST_F(Sharded, TensorsBelongToOneFile) {
  Shard("one", {"a", "b"});
  Shard("two", {"b"});
  EXPECT_THAT(Refused(R"({"a":"one"})"),
              HasSubstr("tensor 'b': is in 'one', but not in weight_map"));
  EXPECT_THAT(Refused(R"({"a":"one","b":"two"})"),
              HasSubstr("'b': is in 'one', but weight_map looks for it in"));
  Shard("two", {"b", "c"});
  EXPECT_THAT(Refused(R"({"a":"one","b":"one","c":"two"})"),
              HasSubstr("'b': is in 'one' and in 'two'"));
}

TEST_F(Sharded, RefusesPaths) {
  Shard("one", {"a"});
  for (const char* name : {"../one", "/etc/passwd", "sub/one", "..", ".", "",
                           "a\\\\b", "\\u0000", "./one", "one/"}) {
    EXPECT_THAT(Refused(R"({"a":")" + std::string(name) + "\"}"),
                HasSubstr("no name of a file beside the index"))
        << name;
  }
}

TEST_F(Sharded, LinksLeadNowhereElse) {
  const TempFolder other;
  WriteAll(other / "blob", ByteTensors({"a"}));
  std::filesystem::create_symlink(other / "blob", folder_ / "one");
  EXPECT_THAT(Refused(R"({"a":"one"})"), HasSubstr("symbolic link to another"));
  // Hugging Face's cache: index and files are links to one other folder.
  const TempFolder snapshot;
  WriteAll(other / "blob2", R"({"weight_map":{"a":"one"}})");
  std::filesystem::create_symlink(other / "blob", snapshot / "one");
  std::filesystem::create_symlink(other / "blob2", snapshot / "index");
  EXPECT_THAT(NamesOf(*Open(snapshot / "index")), ElementsAre("a"));
}

TEST_F(Sharded, FilesMustBeCheckpointsThemselves) {
  EXPECT_THAT(Refused(R"({"a":"index"})"), HasSubstr("JSON file"));
  WriteAll(folder_ / "empty", "");
  EXPECT_THAT(Refused(R"({"a":"empty"})"), HasSubstr("is empty"));
  std::filesystem::create_directory(folder_ / "folder");
  try {
    Open(Index(R"({"a":"folder"})"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    EXPECT_EQ(error.where(), (folder_ / "folder").string());
  }
}

TEST_F(Sharded, RefusesOtherMaps) {
  Shard("one", {"a"});
  EXPECT_THAT(Refused("{}"), HasSubstr("empty"));
  EXPECT_THAT(Refused("[]"), HasSubstr("no object"));
  EXPECT_THAT(Refused("\"one\""), HasSubstr("no object"));
  EXPECT_THAT(Refused("null"), HasSubstr("no object"));
  EXPECT_THAT(Refused(R"({"a":1})"), HasSubstr("no file's name"));
  EXPECT_THAT(Refused(R"({"a":NaN})"), HasSubstr("begins like JSON"));
  EXPECT_THAT(Refused(R"({"a":{"b":"one"}})"), HasSubstr("an object in"));
  EXPECT_THAT(Refused(R"({"a":["one"]})"), HasSubstr("an array in"));
  EXPECT_THAT(Refused(R"({"a":"one","a":"one"})"), HasSubstr("twice"));
  EXPECT_THAT(Refused(R"({"a":"one"},"weight_map":{"a":"one"})"),
              HasSubstr("two weight_map"));
  EXPECT_THAT(Refused(R"({"\u001b[2J":"one"})"), HasSubstr("'?[2J'"));
  EXPECT_THAT(Refused(R"({"a":"one"})" + std::string(9U << 20U, ' ')),
              HasSubstr("more than 8 MB"));
  WriteAll(folder_ / "x", R"({"a":{"weight_map":{"a":"one"}}})");
  EXPECT_THROW(Open(folder_ / "x"), Error);
}

TEST_F(Sharded, PassesOverWhatElseIsThere) {
  Shard("one", {"a"});
  WriteAll(folder_ / "x",
           R"( {"n":[1,-1,1.5,true,null,{"weight_map":"s"}],"s":"weight_map",)"
           R"("weight_map":{"a":"one"},"after":{"a":[]}})");
  EXPECT_THAT(NamesOf(*Open(folder_ / "x")), ElementsAre("a"));
}

}  // namespace
}  // namespace wsel::checkpoint
