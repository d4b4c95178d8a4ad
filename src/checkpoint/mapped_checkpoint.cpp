#include "wsel/checkpoint/mapped_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "wsel/checkpoint/refusal.h"
#include "wsel/checkpoint/utf8.h"
#include "wsel/core/error.h"

namespace wsel::checkpoint {
namespace {

constexpr size_t kUnread = std::numeric_limits<size_t>::max();

bool IsAligned(std::span<const std::byte> bytes, DType dtype) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % SizeOf(dtype) == 0;
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
  if (contents_.specs.empty() && !contents_.unread.empty()) {
    const Unread& first = contents_.unread[0];
    Refuse(AtTensor(path, first.name), first.reason);
  }
  index_.reserve(contents_.specs.size() + contents_.unread.size());
  for (size_t i = 0; i < contents_.specs.size(); ++i) {
    AddName(contents_.specs[i].name, i);
  }
  for (const Unread& unread : contents_.unread) AddName(unread.name, kUnread);
}

void MappedCheckpoint::AddName(std::string_view name, size_t index) {
  const std::string path = file_->path().string();
  if (!IsTensorName(name)) {
    Refuse(path,
           fmt::format("a tensor is called {}: names are UTF-8 text of 1 to "
                       "1024 bytes without control characters; rename it",
                       Quoted(name)));
  }
  if (!index_.emplace(name, index).second) {
    Refuse(AtTensor(path, name),
           "two tensors have this name; save the weights under distinct "
           "names");
  }
}

size_t MappedCheckpoint::IndexOf(std::string_view name) const {
  const auto at = index_.find(name);
  if (at == index_.end()) {
    throw Error(ErrorKind::kMismatch, AtTensor(path().string(), name),
                "there is no such tensor; see `wsel inspect`");
  }
  if (at->second == kUnread) {
    const auto& unread = contents_.unread;
    const auto found =
        std::find_if(unread.begin(), unread.end(),
                     [&](const Unread& u) { return u.name == name; });
    Refuse(AtTensor(path().string(), name), found->reason);
  }
  return at->second;
}

TensorView MappedCheckpoint::View(std::string_view name) const {
  const size_t i = IndexOf(name);
  const TensorPlace& place = contents_.places[i];
  const TensorSpec& spec = contents_.specs[i];
  TensorView view{
      spec,
      place.strides.empty() ? ContiguousStrides(spec.shape) : place.strides,
      place.bytes, nullptr};
  if (!IsAligned(view.bytes, view.spec.dtype)) CopyAligned(view);
  return view;
}

void MappedCheckpoint::Drop(std::string_view name) const {
  file_->Drop(contents_.places[IndexOf(name)].bytes);
}

}  // namespace wsel::checkpoint
