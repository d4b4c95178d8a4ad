#include "checkpoint/zip.h"

#include <gmock/gmock.h>

#include "checkpoint/files.h"
#include "checkpoint/zip_bytes.h"
#include "checkpoint/zip_writer.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {
namespace {

using testing::HasSubstr;

std::string Message(const std::string& bytes) {
  try {
    ZipArchive(std::as_bytes(std::span(bytes)), "x.zip");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_TRUE(error.where().starts_with("x.zip")) << error.where();
    return error.what();
  }
  return "";
}

TEST(Zip, FindsStoredEntries) {
  const std::string bytes =
      ZipOf({{.name = "b", .data = "bee"}, {.name = "a", .data = ""}});
  const ZipArchive zip(std::as_bytes(std::span(bytes)), "x.zip");
  ASSERT_EQ(zip.entries().size(), 2U);
  EXPECT_EQ(zip.entries()[0].name, "a");
  EXPECT_EQ(zip.Find("c"), nullptr);
  const auto data = zip.Stored(*zip.Find("b"));
  EXPECT_EQ(std::memcmp(data.data(), "bee", 3), 0);
}

TEST(Zip, AcceptsAComment) {
  std::string bytes = ZipOf({{.name = "a", .data = "x"}});
  bytes[bytes.size() - 2] = 5;
  EXPECT_EQ(Message(bytes + "hello"), "");
  EXPECT_THAT(Message(bytes + "hell"), HasSubstr("truncated"));
  EXPECT_THAT(Message(bytes + "hello!"), HasSubstr("truncated"));
}

TEST(Zip, RejectsCompressedAndEncrypted) {
  const std::string bytes = ZipOf({{.name = "a", .data = "x", .method = 8}});
  const ZipArchive zip(std::as_bytes(std::span(bytes)), "x.zip");
  EXPECT_THROW(zip.Stored(*zip.Find("a")), Error);
  EXPECT_THAT(Message(ZipOf({{.name = "a", .data = "x", .flags = 1}})),
              HasSubstr("encrypted"));
}

TEST(Zip, RejectsDuplicatesAndOverlap) {
  EXPECT_THAT(Message(ZipOf({{.name = "a"}, {.name = "a"}})),
              HasSubstr("'a': is in the zip file twice"));
  EXPECT_THAT(Message(ZipOf({{.name = "a", .data = "x"},
                             {.name = "a", .central_offset = 0}})),
              HasSubstr("contradict"));
  // The quoted-overlap bomb: one entry's data contains another whole entry.
  const std::string inner = ZipOf({{.name = "b", .data = "y"}});
  const std::string hidden = inner.substr(0, 32);
  EXPECT_THAT(
      Message(ZipOf({{.name = "a", .data = hidden},
                     {.name = "b", .data = "y", .central_offset = 31}})),
      HasSubstr("overlaps"));
}

TEST(Zip, RejectsContradictingHeaders) {
  EXPECT_THAT(Message(ZipOf({{.name = "a", .data = "x", .local_name = "b"}})),
              HasSubstr("contradict"));
  EXPECT_THAT(Message(ZipOf({{.name = "a", .data = "x", .local_size = 2}})),
              HasSubstr("contradict"));
  EXPECT_THAT(Message(ZipOf({{.name = "a", .data = "x", .local_size = 0}})),
              HasSubstr("contradict"));
  EXPECT_EQ(
      Message(ZipOf({{.name = "a", .data = "x", .flags = 8, .local_size = 0}})),
      "");
  EXPECT_THAT(Message(ZipOf({{.name = "a",
                              .data = "x",
                              .flags = 8,
                              .local_size = 0,
                              .central_size = 1000}})),
              HasSubstr("truncated"));
  EXPECT_THAT(Message(ZipOf({{.name = "a", .central_offset = 1}})),
              HasSubstr("no zip entry begins"));
  EXPECT_THAT(Message(ZipOf({{.name = "a", .central_offset = 0xFFFFFF}})),
              HasSubstr("beyond"));
}

TEST(Zip, RejectsAWrongEndRecord) {
  const std::string good = ZipOf({{.name = "a", .data = "x"}});
  const auto with = [&](size_t from_end, char value) {
    std::string bytes = good;
    bytes[bytes.size() - from_end] = value;
    return Message(bytes);
  };
  EXPECT_THAT(with(14, 2), HasSubstr("multi-part"));  // entries on this disk
  EXPECT_THAT(with(10, 1), HasSubstr("would span"));  // directory size
  EXPECT_THAT(with(6, 1), HasSubstr("would span"));   // directory offset
  EXPECT_THAT(with(3, 100), HasSubstr("would span"));
  std::string two = good;
  two[two.size() - 14] = two[two.size() - 12] = 2;
  EXPECT_THAT(Message(two), HasSubstr("declares 2 entries and has 1"));
  EXPECT_THAT(Message("prefix" + good), HasSubstr("would span"));
  EXPECT_THAT(Message("PK"), HasSubstr("truncated"));
}

// Torch always writes zip64, and we do beyond 4 GB; here forced by a threshold.
TEST(Zip, ReadsItsOwnZip64) {
  const TempFolder folder;
  {
    AtomicFile out(folder / "z");
    ZipWriter zip(out, 2);
    zip.Add("one", std::string_view("1"));
    zip.Add("three", std::string_view("333"));
    zip.Finish();
    out.Commit();
  }
  const std::string bytes = ReadAll(folder / "z");
  const ZipArchive zip(std::as_bytes(std::span(bytes)), "z");
  ASSERT_EQ(zip.entries().size(), 2U);
  const auto data = zip.Stored(*zip.Find("three"));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(data.data()), 3), "333");
  EXPECT_EQ((data.data() - std::as_bytes(std::span(bytes)).data()) % 64, 0);
  for (size_t i = 1; i <= 98; ++i) {  // end records: 56 + 20 + 22 bytes
    std::string wrong = bytes;
    wrong[wrong.size() - i] = static_cast<char>(~wrong[wrong.size() - i]);
    Message(wrong);  // anything but a crash
  }
  std::string wrong = bytes;
  wrong[wrong.size() - 98 + 55] = 1;  // the directory's offset, highest byte
  EXPECT_THAT(Message(wrong), HasSubstr("would span"));
}

}  // namespace
}  // namespace wsel::checkpoint
