#include "wsel/checkpoint/foreign.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "checkpoint/files.h"

namespace wsel::checkpoint {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

TEST(Foreign, NamesWhatPeopleMistakeForCheckpoints) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "is empty"},
      {"\n<!DOCTYPE html><html>", "HTML page"},
      {"<HTML>", "HTML page"},
      {"version https://git-lfs.example/spec/v1\noid sha256:00\n", "git-lfs"},
      {"\x89HDF\r\n\x1a\n....", "HDF5"},
      {"\x1f\x8b\x08", "gzip"},
      {"\xfd"
       "7zXZ\0"s,
       "xz"},
      {"\x28\xb5\x2f\xfd", "zstd"},
      {"BZh9", "bzip2"},
      {"GGUF\x03", "GGUF"},
      {"\x93NUMPY\x01", ".npy"},
      {"\x7f"
       "ELF",
       "program"},
      {std::string(257, 'x') + "ustar", "tar archive"},
      {"sys_info"s + std::string(300, '\0'), "before 0.1.10"},
      {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
       "before 1.6"},
      {"\x80\x04]\x94.", "bare Python pickle"},
      {R"({"metadata":{"total_size":1},"weight_map":{}})", "several files"},
      {R"({"a": 1})", "JSON"},
      {"hello", "no checkpoint that is known"},
      {"12345678", "no checkpoint that is known"},
  };
  for (const auto& [bytes, message] : rows) {
    EXPECT_THAT(Refusal(bytes), HasSubstr(message)) << bytes.substr(0, 20);
  }
}

TEST(Foreign, MissingFilesAndFoldersAreIo) {
  const TempFolder folder;
  for (const auto& path : {folder / "absent", folder.path()}) {
    try {
      Open(path);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo);
      EXPECT_EQ(error.where(), path.string());
    }
  }
}

// Files of other people's programs, which may not be copied here.
std::filesystem::path ForeignFolder() {
  const char* shared = std::getenv("WSEL_SHARED_DATA");
  return (shared != nullptr
              ? std::filesystem::path(shared)
              : std::filesystem::path(WSEL_SOURCE_DIR) / "../shared/data") /
         "foreign-checkpoints";
}

struct Row {
  const char* file;
  size_t count = 0;           // of tensors, 0 where it is refused
  const char* expected = "";  // a tensor, or a part of the refusal
  Shape shape = {};
  DType dtype = DType::kF32;
  double sum = 0;  // of the tensor's elements, by torch 2.11
};

template <typename T>
double SumOf(const TensorView& view) {
  double sum = 0;
  for (const T value : Elements<T>(view)) sum += static_cast<double>(value);
  return sum;
}

double Sum(const TensorView& view) {
  switch (view.spec.dtype) {
    case DType::kF64:
      return SumOf<double>(view);
    case DType::kI64:
      return SumOf<int64_t>(view);
    case DType::kI32:
      return SumOf<int32_t>(view);
    case DType::kI16:
      return SumOf<int16_t>(view);
    case DType::kBool:
    case DType::kU8:
      return SumOf<uint8_t>(view);
    default:
      return SumOf<float>(view);
  }
}

const Row kRows[] = {
    {.file = "band-gap.pth.tar", .expected = "before 1.6"},
    {"burn-batch_norm2d.pt", 5, "norm1.weight", {5}, DType::kF32, 5.0},
    {"burn-bool.pt", 1, "tensor", {5}, DType::kBool, 3.0},
    {"burn-buffer.pt", 1, "buffer", {3, 3}, DType::kF32, 9.0},
    {"burn-buffers.pt", 2, "buffer1", {3}, DType::kI32, 6.0},
    {"burn-complex_structure.pt",
     6,
     "state.encoder.layer_0.weight",
     {4, 3},
     DType::kF32,
     1.9585695625282824},
    {"burn-conv2d.pt",
     3,
     "conv1.weight",
     {2, 2, 2, 2},
     DType::kF32,
     0.16494958102703094},
    {"burn-conv_transpose2d.pt",
     3,
     "conv1.weight",
     {2, 2, 2, 2},
     DType::kF32,
     0.16494958102703094},
    {"burn-embedding.pt",
     1,
     "embed.weight",
     {10, 3},
     DType::kF32,
     -4.381989764049649},
    {"burn-enum_depthwise_true.pt",
     4,
     "conv.dconv.weight",
     {2, 1, 3, 3},
     DType::kF32,
     -0.2314407080411911},
    {"burn-extreme_values.pt", 1, "tensor", {4}, DType::kF32, 0},
    {"burn-float32.pt", 1, "tensor", {4}, DType::kF32, -0.20000004768371582},
    {"burn-int16.pt", 1, "tensor", {3}, DType::kI16, 2000.0},
    {"burn-int64.pt", 1, "tensor", {4}, DType::kI64, 200.0},
    {"burn-integer.pt", 1, "buffer", {3}, DType::kI64, 6.0},
    {"burn-key_remap.pt",
     18,
     "conv.weight",
     {6, 3, 3, 3},
     DType::kF32,
     -1.1634625123697333},
    {"burn-large_shape.pt", 1, "tensor", {100, 100}, DType::kF32, 6.0},
    {.file = "burn-legacy_uncloned_views.pt", .expected = "before 1.6"},
    {"burn-linear.pt",
     3,
     "fc2.weight",
     {4, 3},
     DType::kF32,
     0.5604567229747772},
    {"burn-missing_module_field.pt",
     2,
     "conv1.weight",
     {2, 2, 2, 2},
     DType::kF32,
     0.16494958102703094},
    {"burn-mixed_types.pt", 4, "float32", {2}, DType::kF32, 3.0},
    {"burn-multi_layer.safetensors",
     9,
     "fc1.weight",
     {16, 256},
     DType::kF32,
     -3.8182605504989624},
    {"burn-parameter.pt", 1, "param", {3, 3}, DType::kF32, -2.157990664243698},
    {.file = "burn-simple_legacy.pt", .expected = "before 1.6"},
    {"burn-state_dict.pt",
     4,
     "weight",
     {3, 4},
     DType::kF32,
     -1.6542674452066422},
    {.file = "burn-tar_float32.tar", .expected = "before 0.1.10"},
    {.file = "burn-tar_int64.tar", .expected = "before 0.1.10"},
    {.file = "burn-tar_weight_bias.tar", .expected = "before 0.1.10"},
    {"burn-tensor_3d.pt",
     1,
     "tensor",
     {2, 3, 4},
     DType::kF32,
     -58.06537565588951},
    {"burn-test_int.pt", 1, "test", {3}, DType::kI64, 6.0},
    {"burn-uint8.pt", 1, "tensor", {4}, DType::kU8, 425.0},
    {"burn-weights_with_config.pt",
     3,
     "my_model.fc2.weight",
     {4, 3},
     DType::kF32,
     0.06552237272262573},
    {"burn_mnist.pt",
     20,
     "conv3.weight",
     {24, 16, 3, 3},
     DType::kF32,
     -55.32611427820666},
    {"burn_mnist.safetensors",
     20,
     "conv3.weight",
     {24, 16, 3, 3},
     DType::kF32,
     -61.46941277656151},
    {"candle_fortran_tensor_3d.pth",
     1,
     "tensor_fortran",
     {2, 3, 4},
     DType::kI64,
     300.0},
    {"candle_test.npz", 2, "x_plus_one", {10}, DType::kI64, 55},
    {"candle_test.pt", 1, "test", {2, 4}, DType::kI64, 36.0},
    {"candle_test_with_key.pt",
     1,
     "model_state_dict.test",
     {2, 4},
     DType::kI64,
     36.0},
    {"gaurav_vit_mnist.pth",
     74,
     "transformer.layers.0.0.fn.fn.to_qkv.weight",
     {192, 64},
     DType::kF32,
     9.69827051241009},
    {"ios_reddit_torchscript.pt",
     29,
     "embedding.weight",
     {256, 64},
     DType::kF32,
     28.02963232887746},
    {.file = "ios_vit4mnist.ptl", .expected = "lite-interpreter"},
    {.file = "semi-metal-classification.pth.tar", .expected = "before 1.6"},
    {"torchtune_tiny_state_dict_with_one_key.pt",
     1,
     "test_key",
     {10, 10},
     DType::kF32,
     11.0879338812083},
};

class ForeignFile : public testing::TestWithParam<Row> {
 protected:
  void SetUp() override {
    path_ = ForeignFolder() / GetParam().file;
    if (!std::filesystem::exists(path_)) {
      GTEST_SKIP() << path_ << " is not here; set WSEL_SHARED_DATA";
    }
  }
  std::filesystem::path path_;
};

TEST_P(ForeignFile, IsReadOrRefused) {
  const Row& row = GetParam();
  if (row.count == 0) {
    EXPECT_THAT(Refusal(ReadAll(path_)), HasSubstr(row.expected));
    return;
  }
  const auto file = Open(path_);
  EXPECT_EQ(file->Specs().size(), row.count);
  const TensorView view = file->View(row.expected);
  EXPECT_EQ(view.spec.shape, row.shape);
  EXPECT_EQ(view.spec.dtype, row.dtype);
  EXPECT_NEAR(Sum(view), row.sum, 1e-9 * (1 + std::abs(row.sum)));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, ForeignFile, testing::ValuesIn(kRows),
                         [](const auto& info) {
                           std::string name = info.param.file;
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) ==
                                 0)
                               c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace wsel::checkpoint
