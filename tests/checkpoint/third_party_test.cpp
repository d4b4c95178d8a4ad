#include <gmock/gmock.h>
#include <zlib.h>

#include <cstdlib>
#include <set>

#include "checkpoint/files.h"
#include "shared_data.h"

namespace wsel::checkpoint {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

TEST(UnknownFile, DescribesWhatItIs) {
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
      {"\x80\x04]\x94.", "bare Python pickle"},
      {R"({"metadata":{"total_size":1},"weight_map":{}})",
       "weight_map is empty"},
      {R"({"a": 1})", "JSON"},
      {"hello", "not in a supported checkpoint format"},
      {"12345678", "not in a supported checkpoint format"},
  };
  for (const auto& [bytes, message] : rows) {
    EXPECT_THAT(OpenError(bytes), HasSubstr(message)) << bytes.substr(0, 20);
  }
}

TEST(UnknownFile, MissingFilesAndFoldersAreIoErrors) {
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

// Files that other programs wrote.
std::filesystem::path ThirdPartyFolder() {
  return SharedData() / "foreign-checkpoints";
}

struct Row {
  const char* file;
  size_t count = 0;  // of tensors; 0 if the file is not supported
  // Of all tensors, as read by torch 2.11, numpy or safetensors and printed by
  // scripts/golden/checkpoints.py --sums.
  uint32_t crc_sum = 0;
  const char* expected = "";  // a tensor, or a part of the error message
  Shape shape = {};
  DType dtype = DType::kF32;
};

template <typename T>
uint32_t CrcOf(const TensorView& view) {
  const std::vector<T> elements = Elements<T>(view);
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(elements.data()),
              elements.size() * sizeof(T)));
}

// The CRC of the elements in row-major order.
uint32_t Crc(const TensorView& view) {
  switch (ItemSize(view.spec.dtype)) {
    case 1:
      return CrcOf<uint8_t>(view);
    case 2:
      return CrcOf<uint16_t>(view);
    case 4:
      return CrcOf<uint32_t>(view);
    default:
      return CrcOf<uint64_t>(view);
  }
}

const Row kRows[] = {
    {"band-gap.pth.tar",
     76,
     0x0D9E63A2,
     "state_dict.embedding.weight",
     {64, 92},
     DType::kF32},
    {"burn-batch_norm2d.pt", 5, 0xD1EBA23E, "norm1.weight", {5}, DType::kF32},
    {"burn-bool.pt", 1, 0xE39B85DB, "tensor", {5}, DType::kBool},
    {"burn-buffer.pt", 1, 0x2EC9AF77, "buffer", {3, 3}, DType::kF32},
    {"burn-buffers.pt", 2, 0x09A24651, "buffer1", {3}, DType::kI32},
    {"burn-complex_structure.pt",
     6,
     0x9E408EFC,
     "state.encoder.layer_0.weight",
     {4, 3},
     DType::kF32},
    {"burn-conv2d.pt",
     3,
     0x1B2BC4F9,
     "conv1.weight",
     {2, 2, 2, 2},
     DType::kF32},
    {"burn-conv_transpose2d.pt",
     3,
     0x1B2BC4F9,
     "conv1.weight",
     {2, 2, 2, 2},
     DType::kF32},
    {"burn-embedding.pt", 1, 0x4664AD30, "embed.weight", {10, 3}, DType::kF32},
    {"burn-enum_depthwise_true.pt",
     4,
     0x53AD146E,
     "conv.dconv.weight",
     {2, 1, 3, 3},
     DType::kF32},
    {"burn-extreme_values.pt", 1, 0xEBF5B5C0, "tensor", {4}, DType::kF32},
    {"burn-float32.pt", 1, 0xA2331C99, "tensor", {4}, DType::kF32},
    {"burn-int16.pt", 1, 0xFC47656D, "tensor", {3}, DType::kI16},
    {"burn-int64.pt", 1, 0xD8D833A9, "tensor", {4}, DType::kI64},
    {"burn-integer.pt", 1, 0x2BCB8D87, "buffer", {3}, DType::kI64},
    {"burn-key_remap.pt",
     18,
     0x31E681F3,
     "conv.weight",
     {6, 3, 3, 3},
     DType::kF32},
    {"burn-large_shape.pt", 1, 0x959ADED1, "tensor", {100, 100}, DType::kF32},
    {"burn-legacy_uncloned_views.pt",
     2,
     0x153210F3,
     "tensor2",
     {10},
     DType::kF32},
    {"burn-linear.pt", 3, 0x0140B37C, "fc2.weight", {4, 3}, DType::kF32},
    {"burn-missing_module_field.pt",
     2,
     0xF7532912,
     "conv1.weight",
     {2, 2, 2, 2},
     DType::kF32},
    {"burn-mixed_types.pt", 4, 0x53AD4432, "float32", {2}, DType::kF32},
    {"burn-multi_layer.safetensors",
     9,
     0x6977BBEF,
     "fc1.weight",
     {16, 256},
     DType::kF32},
    {"burn-parameter.pt", 1, 0x3B35BC91, "param", {3, 3}, DType::kF32},
    {"burn-simple_legacy.pt", 3, 0x1D2ABA69, "weight", {2, 3}, DType::kF32},
    {"burn-state_dict.pt", 4, 0xE7E5C7FD, "weight", {3, 4}, DType::kF32},
    {.file = "burn-tar_float32.tar", .expected = "before 0.1.10"},
    {.file = "burn-tar_int64.tar", .expected = "before 0.1.10"},
    {.file = "burn-tar_weight_bias.tar", .expected = "before 0.1.10"},
    {"burn-tensor_3d.pt", 1, 0xBCA9858F, "tensor", {2, 3, 4}, DType::kF32},
    {"burn-test_int.pt", 1, 0x2BCB8D87, "test", {3}, DType::kI64},
    {"burn-uint8.pt", 1, 0x88EEF038, "tensor", {4}, DType::kU8},
    {"burn-weights_with_config.pt",
     3,
     0xC8BA3684,
     "my_model.fc2.weight",
     {4, 3},
     DType::kF32},
    {"burn_mnist.pt",
     20,
     0x3748440C,
     "conv3.weight",
     {24, 16, 3, 3},
     DType::kF32},
    {"burn_mnist.safetensors",
     20,
     0x347E7B5C,
     "conv3.weight",
     {24, 16, 3, 3},
     DType::kF32},
    {"candle_fortran_tensor_3d.pth",
     1,
     0x98F15FCB,
     "tensor_fortran",
     {2, 3, 4},
     DType::kI64},
    {"candle_test.npz", 2, 0xEFBB015D, "x_plus_one", {10}, DType::kI64},
    {"candle_test.pt", 1, 0x49B0B1A6, "test", {2, 4}, DType::kI64},
    {"candle_test_with_key.pt",
     1,
     0x49B0B1A6,
     "model_state_dict.test",
     {2, 4},
     DType::kI64},
    {"gaurav_vit_mnist.pth",
     74,
     0xDA945089,
     "transformer.layers.0.0.fn.fn.to_qkv.weight",
     {192, 64},
     DType::kF32},
    {"ios_reddit_torchscript.pt",
     29,
     0x242FC9C6,
     "embedding.weight",
     {256, 64},
     DType::kF32},
    {.file = "ios_vit4mnist.ptl", .expected = "lite-interpreter"},
    {"semi-metal-classification.pth.tar",
     76,
     0xC50CFEA9,
     "state_dict.embedding.weight",
     {64, 92},
     DType::kF32},
    {"torchtune_tiny_state_dict_with_one_key.pt",
     1,
     0x083AC9FA,
     "test_key",
     {10, 10},
     DType::kF32},
};

class ThirdPartyFile : public testing::TestWithParam<Row> {
 protected:
  void SetUp() override {
    path_ = ThirdPartyFolder() / GetParam().file;
    if (!std::filesystem::exists(path_)) {
      GTEST_SKIP() << path_ << " is missing; set WSEL_SHARED_DATA";
    }
  }
  std::filesystem::path path_;
};

TEST_P(ThirdPartyFile, IsReadOrRejected) {
  const Row& row = GetParam();
  if (row.count == 0) {
    EXPECT_THAT(OpenError(ReadAll(path_)), HasSubstr(row.expected));
    return;
  }
  const auto file = Open(path_);
  EXPECT_EQ(file->Specs().size(), row.count);
  const TensorView view = file->View(row.expected);
  EXPECT_EQ(view.spec.shape, row.shape);
  EXPECT_EQ(view.spec.dtype, row.dtype);
  uint32_t sum = 0;
  for (const TensorSpec& spec : file->Specs()) {
    sum += Crc(file->View(spec.name));
  }
  EXPECT_EQ(sum, row.crc_sum);
  EXPECT_TRUE(file->unsupported().empty());
}

TEST(ThirdParty, EveryFileIsInTheTable) {
  const auto folder = ThirdPartyFolder();
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << folder << " is missing; set WSEL_SHARED_DATA";
  }
  std::set<std::string> known;
  for (const Row& row : kRows) known.insert(row.file);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_TRUE(known.contains(entry.path().filename())) << entry.path();
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, ThirdPartyFile, testing::ValuesIn(kRows),
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
