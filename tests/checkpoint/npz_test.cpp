#include <fmt/format.h>
#include <gmock/gmock.h>

#include "checkpoint/container_readers.h"
#include "checkpoint/files.h"
#include "checkpoint/npy_bytes.h"
#include "checkpoint/npy_header.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

std::string OpenErrorOf(const std::string& npy) {
  return OpenError(ZipOf({{.name = "w.npy", .data = npy}}));
}

std::string OpenErrorOfHeader(const std::string& literal) {
  return OpenErrorOf(Npy(literal, std::string(8, '\x01')));
}

TEST(Npz, ReadsFilesOfNumpyAndJax) {
  const auto file = Open(Golden("arrays.npz"));
  EXPECT_EQ(file->container(), Container::kNpz);
  EXPECT_EQ(Name(file->container()), "npz");
  EXPECT_EQ(file->Specs().size(), 16U);
  for (const TensorSpec& spec : file->Specs()) {
    if (spec.name.starts_with("block_0/")) continue;
    EXPECT_EQ(spec.name, Name(spec.dtype));
    EXPECT_EQ(spec.shape, (Shape{2, 3}));
  }
  EXPECT_EQ(Elements<uint8_t>(file->View("bool")),
            (std::vector<uint8_t>{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(Elements<int16_t>(file->View("int16")), Ramp<int16_t>(6));
  EXPECT_EQ(Elements<uint64_t>(file->View("uint64")), Ramp<uint64_t>(6));
  EXPECT_EQ(Elements<float>(file->View("float32")), Ramp<float>(6));
  EXPECT_EQ(Elements<double>(file->View("float64")), Ramp<double>(6));
  EXPECT_THAT(Elements<uint16_t>(file->View("float16")),
              ElementsAre(0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500));
  EXPECT_THAT(Elements<uint16_t>(file->View("bfloat16")),
              ElementsAre(0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0));
}

TEST(Npz, KeepsNamesShapesAndOrder) {
  const auto file = Open(Golden("arrays.npz"));
  const TensorView fortran = file->View("block_0/fortran");
  EXPECT_EQ(fortran.strides, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(Elements<float>(fortran), Ramp<float>(6));
  EXPECT_EQ(file->View("block_0/scalar").spec.shape, Shape{});
  EXPECT_THAT(Elements<float>(file->View("block_0/scalar")), ElementsAre(5));
  EXPECT_EQ(file->View("block_0/empty").spec.shape, (Shape{0, 4}));
}

TEST(Npz, ListsUnsupportedArrays) {
  const auto file = Open(Golden("arrays.npz"));
  ASSERT_EQ(file->unsupported().size(), 1U);
  EXPECT_EQ(file->unsupported()[0].name, "text");
  EXPECT_EQ(file->Find("text"), nullptr);
  try {
    file->View("text");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_THAT(error.what(), HasSubstr("'<U3', which is not supported"));
  }
}

// Provenance hashes the header, so it must contain shapes and checksums.
TEST(Npz, HeaderContainsShapesAndChecksums) {
  const auto file = Open(Golden("arrays.npz"));
  const auto header = file->header();
  const std::string text(reinterpret_cast<const char*>(header.data()),
                         header.size());
  EXPECT_THAT(text, HasSubstr("'shape': (0, 4)"));
  EXPECT_THAT(text, HasSubstr("PK\x01\x02"));
}

TEST(Npz, ReadsEveryVersionAndSpelling) {
  const std::string data(8, '\x01');
  for (const char* literal :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
        "{'shape':(2,),'fortran_order':True,'descr':\"<f4\"}",
        "{ 'descr' : 'bfloat16', 'fortran_order': False, 'shape': (4L,)}  \n",
        "{'descr': '|V2', 'fortran_order': False, 'shape': (2, 2, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': ()}"}) {
    EXPECT_EQ(OpenErrorOfHeader(literal), "") << literal;
    EXPECT_EQ(OpenErrorOf(Npy(literal, data, 2)), "");
    EXPECT_EQ(OpenErrorOf(Npy(literal, data, 3)), "");
  }
}

TEST(Npz, RejectsFilesOfOnlyUnsupportedTypes) {
  const auto type = [](const std::string& descr) {
    return OpenErrorOfHeader(fmt::format(
        "{{'descr': {}, 'fortran_order': False, 'shape': (2,)}}", descr));
  };
  EXPECT_THAT(type("'>f4'"), HasSubstr("big-endian"));
  EXPECT_THAT(type("'|O'"), HasSubstr("Python objects"));
  EXPECT_THAT(type("'<c8'"), HasSubstr("'<c8', which is not supported"));
  EXPECT_THAT(type("'<V1'"), HasSubstr("'<V1', which is not supported"));
  EXPECT_THAT(type("'\x1b[2J'"), HasSubstr("'?[2J'"));
  EXPECT_THAT(type("[('a', '<f4')]"), HasSubstr("structured"));
}

TEST(Npz, RejectsCompressedArrays) {
  EXPECT_THAT(OpenError(ReadAll(Golden("compressed.npz"))),
              HasSubstr("tensor 'kernel': is compressed"));
}

TEST(Npz, RejectsInvalidHeaders) {
  const auto shape = [](const std::string& text) {
    return OpenErrorOfHeader(fmt::format(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': {}}}", text));
  };
  EXPECT_EQ(shape("(8,)"), "");
  EXPECT_THAT(shape("(8)"), HasSubstr("not a tuple"));
  EXPECT_THAT(shape("(8 1)"), HasSubstr("comma"));
  EXPECT_THAT(shape("(,)"), HasSubstr("expected a dimension"));
  EXPECT_THAT(shape("(8,,)"), HasSubstr("expected a dimension"));
  EXPECT_THAT(shape("(-8,)"), HasSubstr("expected a dimension"));
  EXPECT_THAT(shape("(8.0,)"), HasSubstr("comma"));
  EXPECT_THAT(shape("(0x8,)"), HasSubstr("comma"));
  EXPECT_THAT(shape("(9223372036854775808,)"), HasSubstr("63 bits"));
  EXPECT_THAT(shape("(8,"), HasSubstr("expected a dimension"));
  EXPECT_THAT(shape("8"), HasSubstr("expected '('"));
  std::string ones = "(8,";
  for (int i = 0; i < 64; ++i) ones += "1,";
  EXPECT_THAT(shape(ones + ")"), HasSubstr("more than 64"));
  EXPECT_THAT(shape("(8,)} {"), HasSubstr("after the dictionary"));
  EXPECT_THAT(shape("(8,), 'shape': (8,)"), HasSubstr("twice"));
  EXPECT_THAT(shape("(8,), 'x': 1"), HasSubstr("unknown key 'x'"));
  for (const char* literal :
       {"", "{}", "{'descr': '<f4'}", "{'descr: 1}", "[", "{'descr': 1}",
        "{'fortran_order': 1}", "{'fortran_order' False}", "os.system('x')"}) {
    EXPECT_THAT(OpenErrorOfHeader(literal), HasSubstr("of the array's header"))
        << literal;
  }
}

TEST(Npz, RejectsInvalidNames) {
  const std::string npy =
      Npy("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", "x");
  EXPECT_THAT(OpenError(ZipOf({{.name = ".npy", .data = npy}})),
              HasSubstr("a tensor is named ''"));
  EXPECT_THAT(OpenError(ZipOf({{.name = "\n.npy", .data = npy}})),
              HasSubstr("a tensor is named '?'"));
  // Names of unsupported arrays are checked too.
  const std::string object =
      Npy("{'descr': '|O', 'fortran_order': False, 'shape': ()}", "x");
  EXPECT_THAT(OpenError(ZipOf({{.name = "a.npy", .data = npy},
                               {.name = "\n.npy", .data = object}})),
              HasSubstr("a tensor is named '?'"));
}

}  // namespace
}  // namespace wsel::checkpoint
