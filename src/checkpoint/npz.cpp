#include <algorithm>
#include <utility>

#include "container_readers.h"
#include "npy_header.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::string_view kSuffix = ".npy";

// In Fortran order the first dimension varies fastest. Empty if contiguous.
std::vector<int64_t> StridesOf(const NpyHeader& header) {
  if (!header.fortran_order) return {};
  const Shape& shape = header.shape;
  auto strides = ContiguousStrides({shape.rbegin(), shape.rend()});
  std::ranges::reverse(strides);
  if (strides == ContiguousStrides(shape)) strides.clear();
  return strides;
}

Bytes StoredNpy(const ZipEntry& entry, const std::string& where) {
  if (entry.method != 0) {
    ThrowFormatError(
        where,
        "is compressed and so cannot be memory-mapped; load it in NumPy and "
        "save it with numpy.savez, not savez_compressed");
  }
  return entry.data;
}

void Add(const ZipEntry& entry, const std::string& path, AllocationLimit& limit,
         Contents& contents) {
  TensorSpec spec;
  spec.name = entry.name.substr(0, entry.name.size() - kSuffix.size());
  const std::string where = AtTensor(path, spec.name);
  const Bytes npy = StoredNpy(entry, where);
  NpyHeader header = ReadNpyHeader(npy, where);
  // Shapes and strides, and the growth of the vector of header copies.
  limit.Charge(kBytesPerTensor + spec.name.size() + 3 * header.size +
                   3 * sizeof(int64_t) * header.shape.size(),
               where);
  const Bytes text = npy.first(header.size);
  contents.header_copy.insert(contents.header_copy.end(), text.begin(),
                              text.end());

  const auto type = DTypeOfNumpy(header.type);
  if (const auto* reason = std::get_if<std::string>(&type)) {
    contents.unsupported.push_back({std::move(spec.name), *reason});
    return;
  }
  spec.dtype = std::get<DType>(type);
  spec.shape = header.shape;
  const Bytes data = npy.subspan(header.size);
  CheckNpySize(spec, data, where);
  contents.locations.push_back({StridesOf(header), data});
  contents.specs.push_back(std::move(spec));
}

}  // namespace

bool IsNpz(const ZipArchive& zip) {
  return !zip.entries().empty() &&
         std::ranges::all_of(zip.entries(), [](const ZipEntry& entry) {
           return entry.name.ends_with(kSuffix);
         });
}

Contents ReadNpz(const MappedFile& file, const ZipArchive& zip,
                 AllocationLimit& limit) {
  const std::string path = file.path().string();
  if (zip.entries().size() > kMaxTensors) {
    ThrowFormatError(path, "holds more than {} tensors", kMaxTensors);
  }
  Contents contents;
  contents.container = Container::kNpz;
  for (const ZipEntry& entry : zip.entries()) {
    Add(entry, path, limit, contents);
  }
  auto& copy = contents.header_copy;
  limit.Charge(zip.directory().size(), path);
  copy.insert(copy.end(), zip.directory().begin(), zip.directory().end());
  contents.header = copy;
  return contents;
}

}  // namespace wsel::checkpoint
