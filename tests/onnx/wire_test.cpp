#include "onnx/wire.h"

#include <gtest/gtest.h>

#include "onnx/own_tensor.h"
#include "read_all.h"
#include "temp_folder.h"

namespace wsel::onnx {
namespace {

using std::string_literals::operator""s;

std::string BytesOf(const WireMessage& message) {
  const TempFolder folder;
  AtomicFile file(folder / "message");
  message.WriteTo(file);
  file.Commit();
  std::string bytes = ReadAll(folder / "message");
  EXPECT_EQ(bytes.size(), message.size());
  return bytes;
}

// The examples of protobuf's page on its encoding.
TEST(WireMessage, EncodesTheExamples) {
  WireMessage number;
  number.AddInteger(1, 150);
  EXPECT_EQ(BytesOf(number), "\x08\x96\x01"s);
  WireMessage text;
  text.AddText(2, "testing");
  EXPECT_EQ(BytesOf(text), "\x12\x07testing"s);
  WireMessage nested;
  nested.AddMessage(3, number);
  EXPECT_EQ(BytesOf(nested), "\x1a\x03\x08\x96\x01"s);
}

TEST(WireMessage, EncodesNegativeNumbersAndFloats) {
  WireMessage message;
  message.AddInteger(1, -1);
  EXPECT_EQ(BytesOf(message), "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
  WireMessage real;
  real.AddFloat(2, 1.5F);
  EXPECT_EQ(BytesOf(real), "\x15\x00\x00\xc0\x3f"s);
}

TEST(WireMessage, EmbedsTensorsBetweenText) {
  WireMessage inner;
  inner.AddBytes(9, OwnTensor<uint8_t>("x", {2}, DType::kU8, {7, 8}));
  inner.AddText(8, "x");
  inner.AddBytes(9, OwnTensor<uint8_t>("y", {0}, DType::kU8, {}));
  WireMessage outer;
  outer.AddMessage(5, inner);
  outer.AddInteger(1, 1);
  EXPECT_EQ(BytesOf(outer),
            "\x2a\x09\x4a\x02\x07\x08\x42\x01x\x4a\x00\x08\x01"s);
}

}  // namespace
}  // namespace wsel::onnx
