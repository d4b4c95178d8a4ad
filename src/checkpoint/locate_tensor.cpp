#include "locate_tensor.h"

#include <fmt/format.h>

#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

// Computes the storage index of the last element; returns true on overflow.
bool LastElement(const PickledTensor& tensor, int64_t& last) {
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

// Stride 0 expands four bytes to a tensor of any size (torch.expand), which a
// copy would have to allocate, so there is a limit.
void CheckExpansion(int64_t count, DType dtype, uint64_t file_size,
                    const std::string& where) {
  constexpr uint64_t kExtra = 256U << 20U;
  const uint64_t max_count = (file_size + kExtra) / ItemSize(dtype);
  if (static_cast<uint64_t>(count) > max_count) {
    ThrowFormatError(where,
                     fmt::format("is expanded to {} elements, far more than "
                                 "the file holds; save it after .clone()",
                                 count));
  }
}

// The part of the storage that the tensor addresses.
Bytes Cut(Bytes storage, const PickledTensor& tensor, uint64_t file_size,
          const std::string& where) {
  const auto count = Numel(tensor.spec.shape);
  if (!count || tensor.strides.size() != tensor.spec.shape.size()) {
    ThrowFormatError(
        where,
        fmt::format("has the impossible shape {} with {} strides",
                    FormatShape(tensor.spec.shape), tensor.strides.size()));
  }
  if (*count == 0) return {};
  CheckExpansion(*count, tensor.spec.dtype, file_size, where);
  const auto size = static_cast<int64_t>(ItemSize(tensor.spec.dtype));
  int64_t last = 0;
  int64_t end = 0;
  if (LastElement(tensor, last) || __builtin_add_overflow(last, 1, &end) ||
      __builtin_mul_overflow(end, size, &end) ||
      end > static_cast<int64_t>(storage.size())) {
    ThrowFormatError(
        where, fmt::format("{} extends beyond its storage of {} bytes; the "
                           "file is corrupt, download it again",
                           FormatShape(tensor.spec.shape), storage.size()));
  }
  const auto begin = static_cast<size_t>(tensor.offset * size);
  return storage.subspan(begin, static_cast<size_t>(end) - begin);
}

}  // namespace

TensorLocation LocateTensor(const PickledTensor& tensor, Bytes storage,
                            uint64_t file_size, const std::string& path) {
  const std::string where = AtTensor(path, tensor.spec.name);
  if (static_cast<uint64_t>(tensor.storage_bytes) > storage.size()) {
    ThrowFormatError(where, fmt::format("its storage should have {} bytes and "
                                        "has {}; download the file again",
                                        tensor.storage_bytes, storage.size()));
  }
  const Bytes view = storage.subspan(static_cast<size_t>(tensor.view_begin),
                                     static_cast<size_t>(tensor.view_bytes));
  TensorLocation location{tensor.strides, Cut(view, tensor, file_size, where)};
  if (location.strides == ContiguousStrides(tensor.spec.shape)) {
    location.strides.clear();
    location.strides.shrink_to_fit();
  }
  return location;
}

}  // namespace wsel::checkpoint
