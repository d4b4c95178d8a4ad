#include "mapped_checkpoint.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "wsel/checkpoint/format_error.h"
#include "wsel/core/error.h"
#include "wsel/core/utf8.h"

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
  // In enumeration order.
  constexpr std::array<std::string_view, 7> kNames = {
      "safetensors", "sharded safetensors", "torch zip", "sharded torch",
      "TorchScript", "legacy torch",        "npz"};
  return kNames[static_cast<size_t>(container)];
}

bool IsTensorName(std::string_view name) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return !name.empty() && name.size() <= 1024 && IsUtf8(name) &&
         std::ranges::none_of(name, is_control);
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
    ThrowFormatError(path,
                     "a tensor is named {}: names must be UTF-8, 1 to 1024 "
                     "bytes, without control characters; rename it",
                     Quoted(name));
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
    const auto found = std::ranges::find(contents_.unsupported, name,
                                         &UnsupportedTensor::name);
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

}  // namespace wsel::checkpoint
