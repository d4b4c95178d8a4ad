#include "checkpoint/hostile.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "checkpoint/pickle_bytes.h"
#include "checkpoint/safetensors_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::HasSubstr;

TEST_P(HostileFile, IsRejected) {
  EXPECT_THAT(OpenError(GetParam().bytes()), HasSubstr(GetParam().message));
}

// As OpenError(), for a file on disk.
std::string ErrorOf(const std::filesystem::path& path, ErrorKind kind,
                    uint64_t size) {
  const LivePeak peak;
  std::string message;
  try {
    Open(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_TRUE(error.where().starts_with(path.parent_path().string()));
    message = error.what();
  }
  EXPECT_LE(peak.bytes(), MemoryLimit(size)) << message;
  return message;
}

// A shard index, and files beside it.
struct HostileShards {
  std::string name;
  std::string message;
  std::string map;  // the weight_map
  std::vector<std::pair<std::string, std::string>> files = {};
  std::function<void(const TempFolder&)> prepare = [](const TempFolder&) {};
  ErrorKind kind = ErrorKind::kFormat;
};

class HostileIndex : public testing::TestWithParam<HostileShards> {};

TEST_P(HostileIndex, IsRejected) {
  const HostileShards& shards = GetParam();
  const TempFolder folder;
  const std::string index = "{\"weight_map\":" + shards.map + "}";
  uint64_t size = index.size();
  WriteAll(folder / "index", index);
  for (const auto& [name, bytes] : shards.files) {
    WriteAll(folder / name, bytes);
    size += bytes.size();
  }
  shards.prepare(folder);
  EXPECT_THAT(ErrorOf(folder / "index", shards.kind, size),
              HasSubstr(shards.message));
}

// {"a": shard}
std::string MapTo(const std::string& shard) {
  return R"({"a":")" + shard + "\"}";
}

HostileShards PathTo(const std::string& name, const std::string& shard) {
  return {.name = name,
          .message = "is not a file name in the index's folder",
          .map = MapTo(shard),
          .files = {{"one", ByteTensors({"a"})}}};
}

// Small files with 30,000 metadata entries each.
HostileShards ManyEntries() {
  HostileShards shards{.name = "MetadataOfManyFiles",
                       .message = "tens of megabytes more",
                       .map = "{"};
  std::string metadata = R"({"__metadata__":{)";
  for (int i = 0; i < 30'000; ++i) metadata += fmt::format("\"{}\":\"\",", i);
  metadata.back() = '}';
  for (int i = 0; i < 60; ++i) {
    const std::string entry =
        SafetensorsEntry(fmt::format("t{}", i), "U8", "[0]", "[0,0]");
    shards.files.emplace_back(fmt::format("s{}", i),
                              SafetensorsOf(metadata + "," + entry + "}", 0));
    shards.map += fmt::format("\"t{0}\":\"s{0}\",", i);
  }
  shards.map.back() = '}';
  return shards;
}

void MakeFifo(const TempFolder& folder) {
  ASSERT_EQ(mkfifo((folder / "one").c_str(), 0600), 0);
}

void LinkAway(const TempFolder& folder) {
  std::filesystem::create_symlink("/etc/hostname", folder / "one");
}

void LinkInCircles(const TempFolder& folder) {
  std::filesystem::create_symlink("one", folder / "one");
}

void LinkToNothing(const TempFolder& folder) {
  std::filesystem::create_symlink(folder / "two", folder / "one");
}

void MakeFolder(const TempFolder& folder) {
  std::filesystem::create_directory(folder / "one");
}

const auto kOne =
    std::pair<std::string, std::string>("one", ByteTensors({"a"}));

INSTANTIATE_TEST_SUITE_P(
    Shards, HostileIndex,
    testing::Values(
        PathTo("PathUp", "../one"), PathTo("PathFromRoot", "/etc/passwd"),
        PathTo("PathDown", "sub/one"), PathTo("PathIsParent", ".."),
        PathTo("PathIsFolder", "."), PathTo("PathIsEmpty", ""),
        PathTo("PathOfWindows", "a\\\\b"), PathTo("PathWithZero", "\\u0000"),
        PathTo("PathFromHereUp", "./../one"),
        PathTo("PathFromHereTwice", "././one"), PathTo("PathToFolder", "one/"),
        PathTo("PathTooLong", std::string(1025, 'n')),
        HostileShards{.name = "FileMissing",
                      .message = "index: the listed file 'one' is not",
                      .map = MapTo("one")},
        HostileShards{.name = "FileIsFifo",
                      .message = "one: is not a regular file",
                      .map = MapTo("one"),
                      .prepare = MakeFifo,
                      .kind = ErrorKind::kIo},
        HostileShards{.name = "FileIsFolder",
                      .message = "one: is a folder",
                      .map = MapTo("one"),
                      .prepare = MakeFolder,
                      .kind = ErrorKind::kIo},
        // Links are followed, but what they lead to must be a checkpoint.
        HostileShards{.name = "FileIsElsewhere",
                      .message = "one: is ",
                      .map = MapTo("one"),
                      .prepare = LinkAway},
        HostileShards{.name = "FileIsALoop",
                      .message = "index: the listed file 'one' is not",
                      .map = MapTo("one"),
                      .prepare = LinkInCircles},
        HostileShards{.name = "FileIsADeadLink",
                      .message = "index: the listed file 'one' is not",
                      .map = MapTo("one"),
                      .prepare = LinkToNothing},
        HostileShards{.name = "FileIsEmpty",
                      .message = "one: is empty",
                      .map = MapTo("one"),
                      .files = {{"one", ""}}},
        HostileShards{.name = "FileIsTheIndex",
                      .message = "index: is a JSON file",
                      .map = MapTo("index")},
        HostileShards{.name = "FileIsCut",
                      .message = "one: truncated",
                      .map = MapTo("one"),
                      .files = {{"one", kOne.second.substr(0, 30)}}},
        HostileShards{.name = "FileOfAnotherKind",
                      .message = "neither all safetensors nor all torch files",
                      .map = R"({"a":"one","w":"two"})",
                      .files = {kOne, {"two", TorchZip(WeightsAnd(""))}}},
        HostileShards{.name = "TensorInTwoFiles",
                      .message = "tensor 'a': is in 'one' and in 'two'",
                      .map = R"({"a":"one","b":"two"})",
                      .files = {kOne, {"two", ByteTensors({"a", "b"})}}},
        HostileShards{.name = "TensorTwice",
                      .message = "tensor 'a': is in weight_map twice",
                      .map = R"({"a":"one","a":"one"})"},
        HostileShards{.name = "NameSteersTerminal",
                      .message = "index: the index has the tensor '?[2J'",
                      .map = R"({"\u001b[2J":"one"})"},
        HostileShards{.name = "MapEmpty",
                      .message = "index: its weight_map is empty",
                      .map = "{}"},
        HostileShards{.name = "MapIsArray",
                      .message = "a weight_map that is not an object",
                      .map = "[]"},
        HostileShards{.name = "MapOfNumbers",
                      .message = "that is not a file name in weight_map",
                      .map = R"({"a":1})"},
        HostileShards{.name = "MapOfNaN",
                      .message = "index: byte 20: begins like JSON",
                      .map = R"({"a":NaN})"},
        HostileShards{.name = "MapOfMaps",
                      .message = "an object in weight_map",
                      .map = R"({"a":{"b":"one"}})"},
        HostileShards{.name = "MapTwice",
                      .message = "two weight_map",
                      .map = R"({"a":"one"},"weight_map":{"a":"one"})"},
        HostileShards{
            .name = "MapCut", .message = "begins like JSON", .map = R"({"a":)"},
        HostileShards{.name = "IndexTooLong",
                      .message = "more than 8 MB",
                      .map = MapTo("one") + std::string(9U << 20U, ' ')},
        HostileShards{.name = "IndexOfNewlines",
                      .message = "index: byte 262",
                      .map = std::string(7'000'000, '\n') + "?"},
        HostileShards{.name = "IndexOfArrays",
                      .message = "index: byte 262",
                      .map = "{}, \"x\": [" + Repeated("[\n],", 1'900'000)},
        HostileShards{.name = "IndexOfOneNumber",
                      .message = "a string or number of more than 2 MB",
                      .map = "{}, \"x\": " + std::string(7'000'000, '1')},
        ManyEntries()),
    [](const auto& info) { return info.param.name; });

// Opening a FIFO without a writer must not block.
TEST(HostilePath, IsNotARegularFile) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string socket_path = folder / "socket";
  socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(server, reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  std::filesystem::create_symlink("loop", folder / "loop");
  for (const char* name : {"fifo", "socket", "loop", "absent", "absent/file"}) {
    EXPECT_THAT(ErrorOf(folder / name, ErrorKind::kIo, 0), HasSubstr(name));
  }
  EXPECT_THAT(ErrorOf(folder.path(), ErrorKind::kIo, 0),
              HasSubstr("is a folder"));
  for (const char* device : {"/dev/null", "/dev/zero"}) {
    EXPECT_THAT(ErrorOf(device, ErrorKind::kIo, 0),
                HasSubstr("is not a regular file"));
  }
  close(server);
}

TEST(HostilePath, IsUnreadable) {
  const TempFolder folder;
  WriteAll(folder / "secret", ByteTensors({"a"}));
  std::filesystem::permissions(folder / "secret", std::filesystem::perms::none);
  // Root can read everything, so become nobody.
  const uid_t self = geteuid();
  if (self == 0) {
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
    ASSERT_EQ(seteuid(65534), 0);
  }
  const std::string message = ErrorOf(folder / "secret", ErrorKind::kIo, 0);
  ASSERT_EQ(seteuid(self), 0);
  EXPECT_THAT(message, HasSubstr("secret: Permission denied"));
}

TEST(HostilePath, IsEmpty) {
  const TempFolder folder;
  WriteAll(folder / "empty", "");
  EXPECT_THAT(ErrorOf(folder / "empty", ErrorKind::kFormat, 0),
              HasSubstr("empty: is empty"));
}

}  // namespace
}  // namespace wsel::checkpoint
