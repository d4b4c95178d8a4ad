#include "wsel/checkpoint/storage_view.h"

#include <fmt/format.h>

#include "wsel/checkpoint/refusal.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

// The index of the last element, in elements of the storage; true where it
// overflows.
bool Last(const PickledTensor& tensor, int64_t& last) {
  last = tensor.offset;
  for (size_t i = 0; i < tensor.strides.size(); ++i) {
    int64_t step = 0;
    if (__builtin_mul_overflow(tensor.spec.shape[i] - 1, tensor.strides[i],
                               &step) ||
        __builtin_add_overflow(last, step, &last)) {
      return true;
    }
  }
  return false;
}

// Stride 0 makes a tensor of any size from four bytes (torch.expand). Whoever
// copies it pays, so there is a limit.
void CheckRepeats(int64_t count, DType dtype, uint64_t file_size,
                  const std::string& where) {
  constexpr uint64_t kSpare = 256U << 20U;
  const uint64_t most = (file_size + kSpare) / SizeOf(dtype);
  if (static_cast<uint64_t>(count) > most) {
    Refuse(where, fmt::format("repeats its numbers to {} elements, more than "
                              "the file explains; save it after .clone()",
                              count));
  }
}

// The part of the storage that the tensor addresses.
Bytes Cut(Bytes storage, const PickledTensor& tensor, uint64_t file_size,
          const std::string& where) {
  const auto count = ElementCount(tensor.spec.shape);
  if (!count || tensor.strides.size() != tensor.spec.shape.size()) {
    Refuse(where,
           fmt::format("has the impossible shape {} with {} strides",
                       FormatShape(tensor.spec.shape), tensor.strides.size()));
  }
  if (*count == 0) return {};
  CheckRepeats(*count, tensor.spec.dtype, file_size, where);
  const auto size = static_cast<int64_t>(SizeOf(tensor.spec.dtype));
  int64_t last = 0;
  int64_t end = 0;
  if (Last(tensor, last) || __builtin_add_overflow(last, 1, &end) ||
      __builtin_mul_overflow(end, size, &end) ||
      end > static_cast<int64_t>(storage.size())) {
    Refuse(where, fmt::format("{} reaches beyond its storage of {} bytes; the "
                              "file is broken, download it again",
                              FormatShape(tensor.spec.shape), storage.size()));
  }
  const auto begin = static_cast<size_t>(tensor.offset * size);
  return storage.subspan(begin, static_cast<size_t>(end) - begin);
}

}  // namespace

TensorPlace PlaceTensor(const PickledTensor& tensor, Bytes storage,
                        uint64_t file_size, const std::string& path) {
  const std::string where = AtTensor(path, tensor.spec.name);
  if (static_cast<uint64_t>(tensor.storage_bytes) > storage.size()) {
    Refuse(where, fmt::format("its storage should have {} bytes and has {}; "
                              "download the file again",
                              tensor.storage_bytes, storage.size()));
  }
  const Bytes view = storage.subspan(static_cast<size_t>(tensor.view_begin),
                                     static_cast<size_t>(tensor.view_bytes));
  TensorPlace place{tensor.strides, Cut(view, tensor, file_size, where)};
  if (place.strides == ContiguousStrides(tensor.spec.shape)) {
    place.strides.clear();
    place.strides.shrink_to_fit();
  }
  return place;
}

}  // namespace wsel::checkpoint
