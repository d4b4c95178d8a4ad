#include "wsel/checkpoint/safetensors.h"

#include <gmock/gmock.h>

#include "checkpoint/files.h"
#include "checkpoint/safetensors_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A header of these entries.
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

TEST(Safetensors, KeepsTheHeadersOrderWhateverTheDatas) {
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

TEST(Safetensors, AlignsWhatLiesUnaligned) {
  const TempFolder folder;
  WriteAll(folder / "f",
           SafetensorsOf(Header(SafetensorsEntry("b", "U8", "[1]", "[0,1]"),
                                SafetensorsEntry("a", "F32", "[1]", "[1,5]")),
                         5));
  const auto file = Open(folder / "f");
  const TensorView view = file->View("a");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(view.bytes.data()) % 4, 0U);
  EXPECT_THAT(Elements<uint32_t>(view), ElementsAre(0x04030201));
  file->Drop("a");
  EXPECT_THAT(Elements<uint32_t>(file->View("a")), ElementsAre(0x04030201));
}

TEST(Safetensors, NoTensorsIsAFile) {
  EXPECT_EQ(Refusal(SafetensorsOf("{}", 0)), "");
  EXPECT_EQ(Refusal(One("F32", "[]", "[0,4]", 4)), "");
  EXPECT_EQ(Refusal(One("F32", "[0,7]", "[0,0]", 0)), "");
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

TEST(Safetensors, SaysByHowMuchAFileIsCut) {
  EXPECT_THAT(Refusal(One("U8", "[123]", "[0,123]", 100)),
              HasSubstr("truncated: the header promises 123 bytes of tensors, "
                        "the file has 100; download it again"));
  EXPECT_THAT(Refusal(One("U8", "[4]", "[0,4]", 5)), HasSubstr("4 bytes"));
}

TEST(Safetensors, RefusesAnAbsurdHeaderLength) {
  for (const uint64_t length :
       {uint64_t{100}, uint64_t{99'999'999}, uint64_t{100'000'001},
        ~uint64_t{0}, uint64_t{1} << 63U}) {
    std::string bytes;
    PutLittle(bytes, length);
    EXPECT_THAT(Refusal(bytes + "{}"), HasSubstr("header")) << length;
  }
}

TEST(Safetensors, RefusesWhatDoesNotAddUp) {
  EXPECT_THAT(Refusal(One("F32", "[2]", "[0,4]", 4)),
              HasSubstr("tensor 'a': float32 [2] takes 8 bytes"));
  EXPECT_THAT(Refusal(One("F32", "[2]", "[8,0]", 8)), HasSubstr("backwards"));
  EXPECT_THAT(Refusal(One("Q4", "[2]", "[0,1]", 1)),
              HasSubstr("unknown dtype 'Q4'"));
  EXPECT_THAT(Refusal(One("F32", "[-1]", "[0,4]", 4)), HasSubstr("negative"));
  EXPECT_THAT(Refusal(One("F32", "[1.5]", "[0,4]", 4)), HasSubstr("fraction"));
  EXPECT_THAT(Refusal(One("F32", "[true]", "[0,4]", 4)), HasSubstr("boolean"));
  EXPECT_THAT(Refusal(One("F32", "[1]", "[0,4,8]", 4)), HasSubstr("begin"));
  EXPECT_THAT(Refusal(One("F32", "[1]", "[0]", 4)), HasSubstr("begin"));
  EXPECT_THAT(Refusal(One("F32", "null", "[0,4]", 4)), HasSubstr("null"));
}

TEST(Safetensors, RefusesShapesThatOverflow) {
  const std::string big = "4294967296";
  EXPECT_THAT(Refusal(One("U8", "[" + big + "," + big + "]", "[0,0]", 0)),
              HasSubstr("overflows"));
  EXPECT_THAT(Refusal(One("F32", "[4611686018427387904]", "[0,0]", 0)),
              HasSubstr("overflows"));
  EXPECT_THAT(Refusal(One("U8", "[18446744073709551615]", "[0,0]", 0)),
              HasSubstr("dimension"));
  EXPECT_THAT(Refusal(One("U8", "[99999999999999999999]", "[0,0]", 0)),
              HasSubstr("64 bits"));
  std::string ones = "[1";
  for (int i = 0; i < 16; ++i) ones += ",1";
  EXPECT_THAT(Refusal(One("U8", ones + "]", "[0,1]", 1)),
              HasSubstr("dimensions"));
}

TEST(Safetensors, RefusesOverlapAndHoles) {
  const auto two = [](const std::string& first, const std::string& second) {
    return Refusal(
        SafetensorsOf(Header(SafetensorsEntry("a", "U8", "[4]", first),
                             SafetensorsEntry("b", "U8", "[4]", second)),
                      8));
  };
  EXPECT_EQ(two("[4,8]", "[0,4]"), "");
  EXPECT_THAT(two("[0,4]", "[2,6]"), HasSubstr("overlap"));
  EXPECT_THAT(two("[0,4]", "[0,4]"), HasSubstr("overlap"));
  EXPECT_THAT(two("[0,4]", "[5,9]"), HasSubstr("hole"));
  EXPECT_THAT(two("[1,5]", "[5,9]"), HasSubstr("hole"));
}

TEST(Safetensors, RefusesDuplicates) {
  const std::string a = SafetensorsEntry("a", "U8", "[0]", "[0,0]");
  EXPECT_THAT(Refusal(SafetensorsOf(Header(a, a), 0)),
              HasSubstr("tensor 'a': two tensors have this name"));
  EXPECT_THAT(Refusal(SafetensorsOf(R"({"a":{"dtype":"U8","dtype":"U8"}})", 0)),
              HasSubstr("two values for 'dtype'"));
  EXPECT_THAT(Refusal(SafetensorsOf(R"({"__metadata__":{"a":"","a":""}})", 0)),
              HasSubstr("two values"));
  EXPECT_THAT(
      Refusal(SafetensorsOf(R"({"__metadata__":{},"__metadata__":{}})", 0)),
      HasSubstr("two '__metadata__'"));
}

TEST(Safetensors, RefusesOtherJson) {
  EXPECT_THAT(Refusal(SafetensorsOf(R"({"__metadata__":{"a":1}})", 0)),
              HasSubstr("a number"));
  EXPECT_THAT(Refusal(SafetensorsOf(R"({"__metadata__":{"a":{}}})", 0)),
              HasSubstr("an object"));
  EXPECT_THAT(Refusal(SafetensorsOf(R"({"a":[]})", 0)), HasSubstr("an array"));
  EXPECT_THAT(Refusal(SafetensorsOf(R"({"a":{}})", 0)), HasSubstr("lacks"));
  EXPECT_THAT(Refusal(SafetensorsOf(R"({"a":{"color":"red"}})", 0)),
              HasSubstr("unknown field 'color'"));
  EXPECT_THAT(Refusal(SafetensorsOf("{}{}", 0)), HasSubstr("JSON"));
  EXPECT_THAT(Refusal(SafetensorsOf("{\"a", 0)), HasSubstr("JSON"));
  EXPECT_THAT(Refusal(SafetensorsOf("{\"\xff\":1}", 0)), HasSubstr("JSON"));
  EXPECT_THAT(Refusal(SafetensorsOf(
                  Header(SafetensorsEntry("", "U8", "[0]", "[0,0]")), 0)),
              HasSubstr("names are"));
  EXPECT_THAT(
      Refusal(SafetensorsOf(
          Header(SafetensorsEntry("\\u001b[2J", "U8", "[0]", "[0,0]")), 0)),
      HasSubstr("'?[2J'"));
}

// Memory must not grow with what a header pretends to hold.
TEST(Safetensors, RefusesHeadersThatOnlyFillMemory) {
  const std::string long_text(5U << 20U, '1');
  EXPECT_THAT(Refusal(SafetensorsOf("{\"" + long_text + "\":{}}", 0)),
              HasSubstr("byte 9: the header has a string"));
  EXPECT_THAT(Refusal(SafetensorsOf("{\"a\":" + long_text + "}", 0)),
              HasSubstr("more than 4 MB"));
  EXPECT_THAT(Refusal(SafetensorsOf("{\"a\\\"" + long_text, 0)),
              HasSubstr("more than 4 MB"));
  std::string tensors = "{";
  std::string entries = R"({"__metadata__":{)";
  for (int i = 0; i <= 32'768; ++i) {
    tensors += SafetensorsEntry(std::to_string(i), "U8", "[0]", "[0,0]") + ",";
    entries += fmt::format(R"("{}":"",)", i);
  }
  EXPECT_THAT(Refusal(SafetensorsOf(tensors, 0)),
              HasSubstr("more than 32768 tensors"));
  EXPECT_THAT(Refusal(SafetensorsOf(entries, 0)),
              HasSubstr("more than 32768 entries"));
}

TEST(Safetensors, DeepJsonEndsAtOnce) {
  EXPECT_THAT(Refusal(SafetensorsOf("{\"a\":" + std::string(1 << 20, '['), 0)),
              HasSubstr("an array"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  EXPECT_THAT(Refusal(SafetensorsOf(deep, 0)), HasSubstr("unknown field 'a'"));
}

}  // namespace
}  // namespace wsel::checkpoint
