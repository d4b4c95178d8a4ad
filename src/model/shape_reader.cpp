#include "shape_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "wsel/core/error.h"

namespace wsel::model {

void ThrowMismatch(const std::string& tensor, const std::string& message) {
  throw Error(ErrorKind::kMismatch, tensor, message);
}

void RequireShape(bool valid, const std::string& tensor, const Shape& shape,
                  std::string_view expected) {
  if (valid) return;
  ThrowMismatch(tensor,
                fmt::format("has shape {}; {}", FormatShape(shape), expected));
}

const Shape& ShapeReader::Get(const std::string& name, size_t rank) const {
  const TensorSpec* spec = source_.Find(name);
  if (spec == nullptr) {
    ThrowMismatch(name,
                  "is missing; it is needed to determine the model's sizes");
  }
  const bool valid = spec->shape.size() == rank &&
                     std::ranges::all_of(spec->shape, [](int64_t size) {
                       return size >= 1 && size < (1 << 20);
                     });
  RequireShape(valid, name, spec->shape,
               fmt::format("expected {} dimensions of 1 to 1048575", rank));
  return spec->shape;
}

size_t ShapeReader::RankOf(const std::string& name) const {
  const TensorSpec* spec = source_.Find(name);
  return spec == nullptr ? 0 : spec->shape.size();
}

int64_t ShapeReader::ClassesOf(const std::string& name) const {
  return Has(name) ? Get(name, 2)[0] : 0;
}

void ShapeReader::RequireLayerNorm(const std::string& norm) const {
  if (!Has(norm + ".weight") || Has(norm + ".bias")) return;
  ThrowMismatch(norm,
                "has a weight and no bias: it is an RMSNorm (or a LayerNorm "
                "without bias), which is not supported; use a model with "
                "LayerNorm, or select by name with wsel init --family");
}

int64_t ShapeReader::CountBlocks(const std::string& prefix) const {
  std::set<int64_t> blocks;
  for (const TensorSpec& spec : source_.Specs()) {
    if (!spec.name.starts_with(prefix)) continue;
    const char* begin = spec.name.data() + prefix.size();
    const char* end = spec.name.data() + spec.name.size();
    int64_t block = -1;
    const auto [stop, code] = std::from_chars(begin, end, block);
    if (code == std::errc() && stop != end && *stop == '.' && block >= 0) {
      blocks.insert(block);
    }
  }
  int64_t count = 0;
  for (const int64_t block : blocks) {
    if (block != count) {
      ThrowMismatch(fmt::format("{}{}", prefix, count),
                    fmt::format("is missing, but there is a block {}", block));
    }
    ++count;
  }
  return count;
}

}  // namespace wsel::model
