#include "wsel/checkpoint/writer.h"

#include <gmock/gmock.h>

#include "checkpoint/files.h"

namespace wsel::checkpoint {
namespace {

using testing::HasSubstr;

constexpr DType kEvery[] = {
    DType::kBool,   DType::kU8,  DType::kI8,   DType::kI16, DType::kU16,
    DType::kI32,    DType::kU32, DType::kI64,  DType::kU64, DType::kF8E4M3,
    DType::kF8E5M2, DType::kF16, DType::kBF16, DType::kF32, DType::kF64};

// The tests' checkpoint: tensors of every element type, and odd shapes.
struct Sample {
  std::vector<TensorSpec> specs;
  std::vector<std::vector<std::byte>> data;
  std::map<std::string, std::string> metadata = {
      {"format", "pt"}, {"note", "a \"quoted\" line\nand \xC3\xA9"}};

  Sample() {
    for (const DType dtype : kEvery) {
      Add({"every." + std::string(Name(dtype)), {2, 3}, dtype});
    }
    Add({"scalar", {}, DType::kF32});
    Add({"empty", {0, 4}, DType::kF32});
    Add({"odd \"name\" \xC3\xA9", {3}, DType::kU8});
    Add({"after odd", {70000}, DType::kF64});
  }
  void Add(TensorSpec spec) {
    auto& bytes = data.emplace_back(static_cast<size_t>(*Numel(spec.shape)) *
                                    ItemSize(spec.dtype));
    for (size_t i = 0; i < bytes.size(); ++i) {
      // A bool may only be 0 or 1.
      bytes[i] = static_cast<std::byte>(spec.dtype == DType::kBool ? i % 2 : i);
    }
    specs.push_back(std::move(spec));
  }
  TensorBytes Bytes() const {
    return [this](size_t i) { return std::span(std::as_const(data[i])); };
  }
  void Write(const std::filesystem::path& path) const {
    checkpoint::Write(path, specs, Bytes(), metadata);
  }
};

class Extension : public testing::TestWithParam<const char*> {
 protected:
  const TempFolder folder_;
  const std::filesystem::path path_ = folder_ / GetParam();
  const Sample sample_;
};

TEST_P(Extension, ReadsBackWhatItWrote) {
  sample_.Write(path_);
  const auto file = Open(path_);
  EXPECT_EQ(file->container(), path_.extension() == ".safetensors"
                                   ? Container::kSafetensors
                                   : Container::kTorchZip);
  EXPECT_EQ(file->Specs(), sample_.specs);
  EXPECT_EQ(file->metadata(), sample_.metadata);
  for (size_t i = 0; i < sample_.specs.size(); ++i) {
    const TensorView view = file->View(sample_.specs[i].name);
    EXPECT_TRUE(std::equal(view.bytes.begin(), view.bytes.end(),
                           sample_.data[i].begin(), sample_.data[i].end()));
  }
  EXPECT_EQ(folder_.FileCount(), 1U);
}

TEST_P(Extension, EqualArgumentsGiveEqualBytes) {
  sample_.Write(path_);
  const auto again = folder_ / "again";
  std::filesystem::create_directory(again);
  sample_.Write(again / path_.filename());
  EXPECT_EQ(ReadAll(path_), ReadAll(again / path_.filename()));
}

TEST_P(Extension, WritesNoMetadataIfThereIsNone) {
  Write(path_, sample_.specs, sample_.Bytes(), {});
  EXPECT_TRUE(Open(path_)->metadata().empty());
}

TEST_P(Extension, KeepsTheOldFileOnFailure) {
  sample_.Write(path_);
  const std::string old = ReadAll(path_);
  const TensorBytes failing = [&](size_t i) {
    if (i == 3) throw Error(ErrorKind::kInterrupted, "", "stopped");
    return sample_.Bytes()(i);
  };
  EXPECT_THROW(Write(path_, sample_.specs, failing, {}), Error);
  EXPECT_EQ(ReadAll(path_), old);
  EXPECT_EQ(folder_.FileCount(), 1U);
}

TEST_P(Extension, KeepsTheOldFileIfVerificationFails) {
  sample_.Write(path_);
  const std::string old = ReadAll(path_);
  // A source whose data changes between writing and verifying.
  std::vector<std::byte> other(sample_.data[1].size(), std::byte{99});
  int calls = 0;
  const TensorBytes changing = [&](size_t i) {
    if (i == 1 && ++calls == 2) return std::span<const std::byte>(other);
    return sample_.Bytes()(i);
  };
  try {
    Write(path_, sample_.specs, changing, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_THAT(error.what(), HasSubstr("'every.uint8'"));
  }
  EXPECT_EQ(ReadAll(path_), old);
  EXPECT_EQ(folder_.FileCount(), 1U);
}

TEST_P(Extension, RejectsInvalidInput) {
  const auto error_of =
      [&](const std::vector<TensorSpec>& specs,
          const std::map<std::string, std::string>& metadata) {
        const std::vector<std::byte> four(4);
        try {
          Write(
              path_, specs, [&](size_t) { return std::span(four); }, metadata);
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::kFormat);
          EXPECT_EQ(folder_.FileCount(), 0U);
          return std::string(error.what());
        }
        return std::string();
      };
  EXPECT_THAT(error_of({{"a", {1}}, {"a", {1}}}, {}), HasSubstr("two tensors"));
  EXPECT_THAT(error_of({{"", {1}}}, {}), HasSubstr("not a valid tensor name"));
  EXPECT_THAT(error_of({{"__metadata__", {1}}}, {}),
              HasSubstr("not a valid tensor name"));
  EXPECT_THAT(error_of({{"a\nb", {1}}}, {}),
              HasSubstr("not a valid tensor name"));
  EXPECT_THAT(error_of({{"a", {-1}}}, {}), HasSubstr("negative or overflows"));
  EXPECT_THAT(error_of({{"a", {2}}}, {}), HasSubstr("takes 8 bytes, got 4"));
  EXPECT_THAT(error_of({{"a", {1}}}, {{"k", "\xff"}}), HasSubstr("UTF-8"));
}

INSTANTIATE_TEST_SUITE_P(Writers, Extension,
                         testing::Values("f.safetensors", "f.pth", "f.pt",
                                         "f.bin"),
                         [](const auto& info) {
                           return std::string(info.param).substr(2);
                         });

TEST(SafetensorsWriter, AlignsData) {
  const TempFolder folder;
  Sample().Write(folder / "f.safetensors");
  const auto file = Open(folder / "f.safetensors");
  EXPECT_EQ(file->header().size() % 8, 0U);
}

TEST(TorchZipWriter, AlignsTensorsTo64Bytes) {
  const TempFolder folder;
  const Sample sample;
  sample.Write(folder / "f.pth");
  const auto file = Open(folder / "f.pth");
  for (const TensorSpec& spec : sample.specs) {
    if (*Numel(spec.shape) == 0) continue;
    const TensorView view = file->View(spec.name);
    // The file is mapped at the start of a page.
    EXPECT_EQ(reinterpret_cast<uintptr_t>(view.bytes.data()) % 64, 0U);
    EXPECT_EQ(view.owner, nullptr);  // nothing had to be copied
  }
}

}  // namespace
}  // namespace wsel::checkpoint
