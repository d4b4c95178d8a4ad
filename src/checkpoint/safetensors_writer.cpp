#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "container_writers.h"

namespace wsel::checkpoint {
namespace {

std::string Json(const std::string& text) {
  return nlohmann::json(text).dump();
}

std::string Header(const std::vector<TensorSpec>& specs,
                   const std::map<std::string, std::string>& metadata) {
  std::string json = "{";
  auto out = std::back_inserter(json);
  if (!metadata.empty()) {
    fmt::format_to(out, "\"__metadata__\":{},",
                   nlohmann::json(metadata).dump());
  }
  uint64_t begin = 0;
  for (const TensorSpec& spec : specs) {
    const uint64_t end = begin + *ByteCount(spec);
    fmt::format_to(
        out, R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}},)",
        Json(spec.name), SafetensorsTag(spec.dtype), fmt::join(spec.shape, ","),
        begin, end);
    begin = end;
  }
  if (json.back() == ',') json.pop_back();
  json += '}';
  // Aligns the first tensor for every element type.
  json.resize((json.size() + 7) / 8 * 8, ' ');
  return json;
}

}  // namespace

void WriteSafetensors(AtomicFile& file, const std::vector<TensorSpec>& specs,
                      const TensorBytes& bytes,
                      const std::map<std::string, std::string>& metadata) {
  const std::string header = Header(specs, metadata);
  const uint64_t length = header.size();
  file.Write(std::as_bytes(std::span(&length, 1)));
  file.Write(header);
  for (size_t i = 0; i < specs.size(); ++i) file.Write(bytes(i));
}

}  // namespace wsel::checkpoint
