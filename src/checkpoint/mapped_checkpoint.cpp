#include "mapped_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "wsel/checkpoint/format_error.h"
#include "wsel/checkpoint/utf8.h"
#include "wsel/core/error.h"

namespace wsel::checkpoint {
namespace {

constexpr size_t kUnsupported = std::numeric_limits<size_t>::max();

bool IsAligned(std::span<const std::byte> bytes, DType dtype) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % ItemSize(dtype) == 0;
}

// new[] aligns for every element type.
void CopyAligned(TensorView& view) {
  const std::shared_ptr<std::byte[]> copy(new std::byte[view.bytes.size()]);
  std::memcpy(copy.get(), view.bytes.data(), view.bytes.size());
  view.bytes = {copy.get(), view.bytes.size()};
  view.owner = copy;
}

}  // namespace

std::string_view Name(Container container) {
  switch (container) {
    case Container::kSafetensors:
      return "safetensors";
    case Container::kShardedSafetensors:
      return "sharded safetensors";
    case Container::kShardedTorch:
      return "sharded torch";
    case Container::kTorchZip:
      return "torch zip";
    case Container::kTorchScript:
      return "TorchScript";
    case Container::kLegacyTorch:
      return "legacy torch";
    case Container::kNpz:
      return "npz";
  }
  return "unknown";
}

MappedCheckpoint::MappedCheckpoint(std::unique_ptr<MappedFile> file,
                                   Contents contents)
    : file_(std::move(file)), contents_(std::move(contents)) {
  const std::string path = file_->path().string();
  if (contents_.specs.empty() && !contents_.unsupported.empty()) {
    const UnsupportedTensor& first = contents_.unsupported[0];
    ThrowFormatError(AtTensor(path, first.name), first.reason);
  }
  index_.reserve(contents_.specs.size() + contents_.unsupported.size());
  for (size_t i = 0; i < contents_.specs.size(); ++i) {
    AddName(contents_.specs[i].name, i);
  }
  for (const auto& tensor : contents_.unsupported) {
    AddName(tensor.name, kUnsupported);
  }
}

void MappedCheckpoint::AddName(std::string_view name, size_t index) {
  const std::string path = file_->path().string();
  if (!IsTensorName(name)) {
    ThrowFormatError(
        path,
        fmt::format("a tensor is named {}: names must be UTF-8, 1 to 1024 "
                    "bytes, without control characters; rename it",
                    Quoted(name)));
  }
  if (!index_.emplace(name, index).second) {
    ThrowFormatError(
        AtTensor(path, name),
        "two tensors have this name; save the weights under unique names");
  }
}

size_t MappedCheckpoint::IndexOf(std::string_view name) const {
  const auto at = index_.find(name);
  if (at == index_.end()) {
    throw Error(ErrorKind::kMismatch, AtTensor(path().string(), name),
                "no such tensor; see `wsel inspect`");
  }
  if (at->second == kUnsupported) {
    const auto& unsupported = contents_.unsupported;
    const auto found = std::find_if(
        unsupported.begin(), unsupported.end(),
        [&](const UnsupportedTensor& u) { return u.name == name; });
    ThrowFormatError(AtTensor(path().string(), name), found->reason);
  }
  return at->second;
}

TensorView MappedCheckpoint::View(std::string_view name) const {
  const size_t i = IndexOf(name);
  const TensorLocation& location = contents_.locations[i];
  const TensorSpec& spec = contents_.specs[i];
  TensorView view{spec,
                  location.strides.empty() ? ContiguousStrides(spec.shape)
                                           : location.strides,
                  location.bytes, nullptr};
  if (!IsAligned(view.bytes, view.spec.dtype)) CopyAligned(view);
  return view;
}

void MappedCheckpoint::Release(std::string_view name) const {
  file_->Release(contents_.locations[IndexOf(name)].bytes);
}

}  // namespace wsel::checkpoint
