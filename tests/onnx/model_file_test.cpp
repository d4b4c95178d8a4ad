#include "wsel/onnx/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/parameter_source.h"
#include "onnx/small_configs.h"
#include "read_all.h"
#include "temp_folder.h"
#include "throws.h"

namespace wsel::onnx {
namespace {

using testing::HasSubstr;

void WriteTo(const std::filesystem::path& path) {
  const model::Config config = SmallVit();
  const model::ParameterSource weights(config);
  WriteModel(path, BuildGraph(config, weights), {{"mean", "[0.5,0.5,0.5]"}});
}

TEST(WriteModel, WritesTheSameBytesAgain) {
  const TempFolder folder;
  WriteTo(folder / "a.onnx");
  WriteTo(folder / "b.onnx");
  const std::string bytes = ReadAll(folder / "a.onnx");
  EXPECT_EQ(bytes, ReadAll(folder / "b.onnx"));
  // IR version 8, the producer.
  EXPECT_TRUE(bytes.starts_with("\x08\x08\x12\x04wsel")) << bytes.substr(0, 8);
  EXPECT_THAT(bytes, HasSubstr("[0.5,0.5,0.5]"));
  EXPECT_THAT(bytes, HasSubstr("LayerNormalization"));
}

TEST(WriteModel, WritesWholeOrNotAtAll) {
  const TempFolder folder;
  ExpectError([&] { WriteTo(folder / "none/a.onnx"); }, ErrorKind::kIo,
              {"none"});
  EXPECT_EQ(folder.FileCount(), 0U);
}

}  // namespace
}  // namespace wsel::onnx
