#include "checkpoint/hostile.h"
#include "checkpoint/safetensors_bytes.h"

namespace wsel::checkpoint {
namespace {

std::string Json(const std::string& header) { return SafetensorsOf(header, 0); }

std::string One(const std::string& dtype, const std::string& shape,
                const std::string& offsets, size_t data_size) {
  return SafetensorsOf("{" + SafetensorsEntry("a", dtype, shape, offsets) + "}",
                       data_size);
}

// Two tensors of four bytes each in eight bytes of data.
std::string Two(const std::string& first, const std::string& second) {
  return SafetensorsOf("{" + SafetensorsEntry("a", "U8", "[4]", first) + "," +
                           SafetensorsEntry("b", "U8", "[4]", second) + "}",
                       8);
}

std::string Named(const std::string& name) {
  return Json("{" + SafetensorsEntry(name, "U8", "[0]", "[0,0]") + "}");
}

std::string Cut(size_t size) {
  return One("F32", "[2]", "[0,8]", 8).substr(0, size);
}

std::string Length(uint64_t length) {
  std::string bytes;
  PutLittle(bytes, length);
  return bytes + "{}";
}

std::string Ones(size_t rank) {
  std::string ones = "[1";
  for (size_t i = 1; i < rank; ++i) ones += ",1";
  return ones + "]";
}

// 32,769 entries.
std::string TooMany(std::string json, const std::string& entry) {
  for (int i = 0; i <= 32'768; ++i) {
    json += fmt::format(R"("{}":{},)", i, entry);
  }
  return Json(json);
}

const std::string kEmpty = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
const std::string kLong(3U << 20U, '1');

INSTANTIATE_TEST_SUITE_P(
    Safetensors, HostileFile,
    testing::Values(
        Hostile("CutInLength", "a truncated or corrupt download", Cut(5)),
        Hostile("CutBehindLength", "a truncated or corrupt download", Cut(8)),
        Hostile("CutInHeader", "truncated: the header is", Cut(30)),
        Hostile("CutBehindHeader", "of tensors, the file has 0",
                One("F32", "[2]", "[0,8]", 0)),
        Hostile("CutInData", "declares 8 bytes of tensors, the file has 7",
                One("F32", "[2]", "[0,8]", 7)),
        Hostile("MoreData", "declares 4 bytes of tensors, the file has 5",
                One("U8", "[4]", "[0,4]", 5)),
        Hostile("HeaderOfNoBytes", "byte 8: the header does not start with",
                Length(0)),
        Hostile("HeaderBeyondFile", "the file has 2", Length(100)),
        Hostile("HeaderOfTheMost", "the file has 2", Length(99'999'999)),
        Hostile("HeaderBeyondTheMost", "100000001 bytes long",
                Length(100'000'001)),
        Hostile("HeaderOfTwoTo63", "9223372036854775808 bytes long",
                Length(uint64_t{1} << 63U)),
        Hostile("HeaderOfTwoTo64", "18446744073709551615 bytes long",
                Length(~uint64_t{0})),
        Hostile("WrongSize", "tensor 'a': float32 [2] takes 8 bytes",
                One("F32", "[2]", "[0,4]", 4)),
        Hostile("OffsetsBackwards", "tensor 'a': has data_offsets that run",
                One("F32", "[2]", "[8,0]", 8)),
        Hostile("OffsetsOfThree", "'a': has data_offsets that are not [begin",
                One("F32", "[1]", "[0,4,8]", 4)),
        Hostile("OffsetsOfOne", "'a': has data_offsets that are not [begin",
                One("F32", "[1]", "[0]", 4)),
        Hostile("OffsetsOverlap", "tensor 'b': its data begins at 2",
                Two("[0,4]", "[2,6]")),
        Hostile("OffsetsEqual", "they overlap", Two("[0,4]", "[0,4]")),
        Hostile("OffsetsWithHole", "tensor 'b': its data begins at 5",
                Two("[0,4]", "[5,9]")),
        Hostile("OffsetsBehindHole", "they leave a hole",
                Two("[1,5]", "[5,9]")),
        Hostile("OffsetsBeyondFile", "declares 12 bytes",
                SafetensorsOf(
                    "{" + SafetensorsEntry("a", "U8", "[12]", "[0,12]") + "}",
                    8)),
        Hostile("OffsetsThatWrap", "tensor 'a': its data begins at 184467440",
                One("U8", "[7]", "[18446744073709551608,18446744073709551615]",
                    7)),
        Hostile("OffsetsBeyond64Bits", "tensor 'a': the header has a fraction",
                One("U8", "[4]", "[0,18446744073709551616]", 4)),
        Hostile("OffsetsNegative", "tensor 'a': the header has a negative",
                One("U8", "[4]", "[-4,0]", 4)),
        Hostile("ShapeOverflows", "tensor 'a': has the shape [4294967296, 429",
                One("U8", "[4294967296,4294967296]", "[0,0]", 0)),
        Hostile("ShapeOverflowsBesideZero", "overflows",
                One("U8", "[0,4294967296,4294967296]", "[0,0]", 0)),
        Hostile("BytesOverflow", "tensor 'a': has the shape",
                One("F32", "[4611686018427387904]", "[0,0]", 0)),
        Hostile("ShapeOfTwoTo63", "a dimension of 9223372036854775808",
                One("U8", "[9223372036854775808]", "[0,0]", 0)),
        Hostile("ShapeBeyond64Bits", "number beyond 64 bits",
                One("U8", "[99999999999999999999]", "[0,0]", 0)),
        Hostile("ShapeOf70Dimensions", "'a': has more than 16 dimensions",
                One("U8", Ones(70), "[0,1]", 1)),
        Hostile("ShapeNegative", "tensor 'a': the header has a negative",
                One("F32", "[-1]", "[0,4]", 4)),
        Hostile("ShapeOfFractions", "a fraction",
                One("F32", "[1.5]", "[0,4]", 4)),
        Hostile("ShapeOfBools", "a boolean", One("F32", "[true]", "[0,4]", 4)),
        Hostile("ShapeOfStrings", "a string",
                One("F32", "[\"1\"]", "[0,4]", 4)),
        Hostile("ShapeOfArrays", "an array", One("F32", "[[1]]", "[0,4]", 4)),
        Hostile("ShapeNull", "null", One("F32", "null", "[0,4]", 4)),
        Hostile("ShapeNaN", "is not valid JSON",
                One("F32", "[NaN]", "[0,4]", 4)),
        Hostile("DTypeUnknown", "tensor 'a': has the unknown dtype 'Q4'",
                One("Q4", "[2]", "[0,1]", 1)),
        Hostile("TensorTwice", "tensor 'a': two tensors have this name",
                Json("{\"a\":" + kEmpty + ",\"a\":" + kEmpty + "}")),
        Hostile("FieldTwice", "tensor 'a': has two values for 'dtype'",
                Json(R"({"a":{"dtype":"U8","dtype":"U8"}})")),
        Hostile("FieldUnknown", "tensor 'a': has the unknown field 'color'",
                Json(R"({"a":{"color":"red"}})")),
        Hostile("FieldsMissing", "tensor 'a': lacks", Json(R"({"a":{}})")),
        Hostile("MetadataKeyTwice", "__metadata__ has two values for 'a'",
                Json(R"({"__metadata__":{"a":"","a":""}})")),
        Hostile("MetadataTwice", "two '__metadata__'",
                Json(R"({"__metadata__":{},"__metadata__":{}})")),
        Hostile("MetadataNaN", "byte 30: the header is not valid JSON",
                Json(R"({"__metadata__":{"a":NaN}})")),
        Hostile("MetadataInfinity", "is not valid JSON",
                Json(R"({"__metadata__":{"a":-Infinity}})")),
        Hostile("MetadataOfNumbers",
                "a number where the format does not allow it (at key 'a')",
                Json(R"({"__metadata__":{"a":1}})")),
        Hostile("MetadataNested", "an object",
                Json(R"({"__metadata__":{"a":{}}})")),
        Hostile("TensorIsArray", "an array", Json(R"({"a":[]})")),
        Hostile("JsonGoesOn", "is not valid JSON", Json("{}{}")),
        Hostile("JsonEndsInString", "is not valid JSON", Json("{\"a")),
        Hostile("JsonIsNotUtf8", "is not valid JSON", Json("{\"\xff\":1}")),
        Hostile("JsonOfHalfSurrogates", "is not valid JSON", Named("\\ud800")),
        Hostile("NameEmpty", "a tensor is named ''", Named("")),
        Hostile("NameTooLong", "names must be UTF-8, 1 to 1024 bytes",
                Named(std::string(1025, 'n'))),
        Hostile("NameSteersTerminal", "a tensor is named '?[2J'",
                Named("\\u001b[2J")),
        Hostile("NameTooLongForTheParser", "byte 9: the JSON has a string",
                Json("{\"" + kLong + "\":{}}")),
        Hostile("NumberTooLongForTheParser", "byte 13: the JSON has a string",
                Json("{\"a\":" + kLong + "}")),
        Hostile("StringWithoutEnd", "byte 9: the JSON has a string",
                Json("{\"a\\\"" + kLong)),
        // The parser would buffer each for an error message, as "<U+000A>".
        Hostile("NewlinesOnly", "byte 262152: the JSON has more than 256 KB",
                [] {
                  std::string text = "{";
                  text.resize(20'000'000, '\n');
                  return Json(text + "?");
                }),
        Hostile("TooManyTensors", "holds more than 32768 tensors",
                [] { return TooMany("{", kEmpty); }),
        Hostile("TooMuchMetadata", "__metadata__ has more than 32768 entries",
                [] { return TooMany("{\"__metadata__\":{", "\"\""); }),
        Hostile("ArraysInArrays", "byte 262156: the JSON has more than",
                [] { return Json("{\"a\":" + std::string(1 << 20, '[')); }),
        Hostile("ObjectsInObjects", "tensor 'a': has the unknown field 'a'",
                [] { return Json(Repeated("{\"a\":", 100'000)); })),
    NameOfCase);

}  // namespace
}  // namespace wsel::checkpoint
