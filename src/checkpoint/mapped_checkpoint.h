// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {

// More tensors than any file of a vision model holds (a large one has two
// thousand): bounds what a hostile table of contents can make us allocate.
inline constexpr size_t kMaxTensors = 32'768;

// Charged to the AllocationLimit for a tensor (specs, locations, index) beside
// its name and shape, and for a metadata entry beside its strings.
inline constexpr uint64_t kBytesPerTensor = 512;
inline constexpr uint64_t kBytesPerEntry = 128;

// Where a tensor is in the file.
struct TensorLocation {
  // In elements, >= 0. Empty if the tensor is contiguous, since a table of
  // contents should not take more memory than it takes in the file.
  std::vector<int64_t> strides;
  std::span<const std::byte> bytes;
};

// The result of reading a file. locations[i] belongs to specs[i].
struct Contents {
  Container container = Container::kSafetensors;
  std::vector<TensorSpec> specs;
  std::vector<TensorLocation> locations;
  std::vector<UnsupportedTensor> unsupported;
  std::map<std::string, std::string> metadata;
  // Backs `header` if that is not contiguous in the file.
  std::vector<std::byte> header_copy;
  std::span<const std::byte> header;
};

// A checkpoint with tensors that are ranges of one mapped file.
class MappedCheckpoint final : public Checkpoint {
 public:
  // Errors: kFormat if two tensors have the same name, if a name is not a valid
  // tensor name, or if all tensors are unsupported.
  MappedCheckpoint(std::unique_ptr<MappedFile> file, Contents contents);

  const std::vector<TensorSpec>& Specs() const override {
    return contents_.specs;
  }
  // Unaligned data, which safetensors permits, is copied: a load through a
  // misaligned pointer is undefined behaviour.
  TensorView View(std::string_view name) const override;
  void Release(std::string_view name) const override {
    file_->Release(contents_.locations[IndexOf(name)].bytes);
  }

  Container container() const override { return contents_.container; }
  const std::filesystem::path& path() const override { return file_->path(); }
  std::vector<std::filesystem::path> files() const override {
    return {file_->path()};
  }
  uint64_t file_size() const override { return file_->bytes().size(); }
  std::span<const std::byte> header() const override {
    return contents_.header;
  }
  const std::map<std::string, std::string>& metadata() const override {
    return contents_.metadata;
  }
  const std::vector<UnsupportedTensor>& unsupported() const override {
    return contents_.unsupported;
  }

 private:
  void AddName(std::string_view name, size_t index);
  size_t IndexOf(std::string_view name) const;

  std::unique_ptr<MappedFile> file_;
  Contents contents_;
  std::unordered_map<std::string_view, size_t> index_;
};

}  // namespace wsel::checkpoint
