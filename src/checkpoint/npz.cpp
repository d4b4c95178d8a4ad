#include "npz.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mapped_checkpoint.h"
#include "npy_header.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::string_view kSuffix = ".npy";

// The first dimension varies fastest.
std::vector<int64_t> FortranStrides(const Shape& shape) {
  Shape reversed(shape.rbegin(), shape.rend());
  auto strides = ContiguousStrides(reversed);
  std::reverse(strides.begin(), strides.end());
  return strides;
}

std::vector<int64_t> StridesOf(const NpyHeader& header) {
  if (!header.fortran_order) return {};
  auto strides = FortranStrides(header.shape);
  if (strides == ContiguousStrides(header.shape)) strides.clear();
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

void CheckSize(const TensorSpec& spec, Bytes data, const std::string& where) {
  const auto count = Numel(spec.shape);
  uint64_t bytes = 0;
  if (!count || __builtin_mul_overflow(static_cast<uint64_t>(*count),
                                       ItemSize(spec.dtype), &bytes)) {
    ThrowFormatError(where, fmt::format("has the shape {}, which overflows",
                                        FormatShape(spec.shape)));
  }
  if (bytes != data.size()) {
    ThrowFormatError(
        where,
        fmt::format(
            "{} {} takes {} bytes, but the file has {}; download it again",
            Name(spec.dtype), FormatShape(spec.shape), bytes, data.size()));
  }
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
  CheckSize(spec, data, where);
  contents.locations.push_back({StridesOf(header), data});
  contents.specs.push_back(std::move(spec));
}

}  // namespace

bool IsNpz(const ZipArchive& zip) {
  const auto& entries = zip.entries();
  return !entries.empty() &&
         std::all_of(entries.begin(), entries.end(), [](const ZipEntry& e) {
           return e.name.ends_with(kSuffix);
         });
}

std::unique_ptr<Checkpoint> OpenNpz(std::unique_ptr<MappedFile> file,
                                    const ZipArchive& zip,
                                    AllocationLimit& limit) {
  const std::string path = file->path().string();
  if (zip.entries().size() > kMaxTensors) {
    ThrowFormatError(path,
                     fmt::format("holds more than {} tensors", kMaxTensors));
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
  return std::make_unique<MappedCheckpoint>(std::move(file),
                                            std::move(contents));
}

}  // namespace wsel::checkpoint
