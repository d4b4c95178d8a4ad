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

// More tensors than any one file of a vision model holds (a large one has two
// thousand): a bound on what a hostile table of contents can make us allocate.
inline constexpr size_t kMaxTensors = 32'768;

// What of an Allowance a tensor costs beside its name and shape: specs, places
// and the index. And an entry of metadata beside its texts.
inline constexpr uint64_t kCostOfTensor = 512;
inline constexpr uint64_t kCostOfEntry = 128;

// Where a tensor lies in the file.
struct TensorPlace {
  // In elements, none negative; none at all where they are contiguous, since a
  // table of contents should be no larger in memory than in the file.
  std::vector<int64_t> strides;
  std::span<const std::byte> bytes;
};

// What a reader found in a file. places[i] belongs to specs[i].
struct Contents {
  Container container = Container::kSafetensors;
  std::vector<TensorSpec> specs;
  std::vector<TensorPlace> places;
  std::vector<Unread> unread;
  std::map<std::string, std::string> metadata;
  // For a header that does not lie in the file in one piece.
  std::vector<std::byte> header_copy;
  std::span<const std::byte> header;
};

// A checkpoint whose tensors are ranges of one mapped file.
class MappedCheckpoint final : public Checkpoint {
 public:
  // Errors: kFormat where two tensors have one name, or a name cannot be shown,
  // or none of them can be read.
  MappedCheckpoint(std::unique_ptr<MappedFile> file, Contents contents);

  const std::vector<TensorSpec>& Specs() const override {
    return contents_.specs;
  }
  // Numbers that lie unaligned, as safetensors permits, are copied: a load
  // through a misaligned pointer is undefined.
  TensorView View(std::string_view name) const override;
  void Drop(std::string_view name) const override;

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
  const std::vector<Unread>& unread() const override {
    return contents_.unread;
  }

 private:
  void AddName(std::string_view name, size_t index);
  size_t IndexOf(std::string_view name) const;

  std::unique_ptr<MappedFile> file_;
  Contents contents_;
  std::unordered_map<std::string_view, size_t> index_;
};

}  // namespace wsel::checkpoint
