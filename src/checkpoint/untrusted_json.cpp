#include "untrusted_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "mapped_checkpoint.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

// Sized for AllocationLimit::kParserReserve; see CheckJsonTokens.
constexpr size_t kLongestToken = 2U << 20U;
constexpr size_t kLongestRest = 256U << 10U;

size_t EndOfString(std::string_view json, size_t begin) {
  size_t i = begin + 1;
  while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
  return std::min(i + 1, json.size());
}

// The end of the string or number at `begin`, or `begin` if there is none.
size_t EndOfToken(std::string_view json, size_t begin) {
  if (json[begin] == '"') return EndOfString(json, begin);
  return std::min(json.find_first_not_of("0123456789+-.eE", begin),
                  json.size());
}

// Builds the map from SAX events, without a JSON document in memory. The
// snake_case members implement nlohmann's SAX interface.
class MetadataReader {
 public:
  MetadataReader(const std::string& where, AllocationLimit& limit)
      : where_(where), limit_(limit) {}

  Metadata map;

  bool start_object(size_t /*count*/) {
    if (std::exchange(inside_, true)) Fail();
    return true;
  }
  bool end_object() { return true; }
  bool key(std::string& text) {
    key_ = text;
    return true;
  }
  bool string(std::string& text) {
    if (!inside_) Fail();
    AddMetadata(map, key_, text, where_, "", limit_);
    return true;
  }

  bool start_array(size_t /*count*/) { Fail(); }
  bool end_array() { Fail(); }
  bool number_unsigned(uint64_t /*value*/) { Fail(); }
  bool number_integer(int64_t /*value*/) { Fail(); }
  bool number_float(double /*value*/, const std::string& /*text*/) { Fail(); }
  bool boolean(bool /*value*/) { Fail(); }
  bool null() { Fail(); }
  bool binary(nlohmann::json::binary_t& /*value*/) { Fail(); }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    ThrowFormatError(where_, "byte {}: is not valid JSON", position);
  }

 private:
  [[noreturn]] void Fail() const {
    ThrowFormatError(where_, key_.empty() ? "is not a JSON object of strings"
                                          : Quoted(key_) + " is not a string");
  }

  const std::string& where_;
  AllocationLimit& limit_;
  bool inside_ = false;
  std::string key_;
};

}  // namespace

void CheckJsonTokens(std::string_view json, const std::string& where,
                     size_t offset) {
  size_t rest = 0;
  for (size_t i = 0; i < json.size();) {
    const size_t end = EndOfToken(json, i);
    rest = end == i ? rest + 1 : 0;
    if (end - i > kLongestToken || rest > kLongestRest) {
      ThrowFormatError(where,
                       "byte {}: the JSON has {}; the file is corrupt or "
                       "malicious, get another copy",
                       offset + i,
                       rest > 0 ? "more than 256 KB without a string or number"
                                : "a string or number of more than 2 MB");
    }
    i = std::max(end, i + 1);
  }
}

void AddMetadata(Metadata& metadata, const std::string& key,
                 const std::string& text, const std::string& where,
                 std::string_view field, AllocationLimit& limit) {
  if (metadata.size() == kMaxTensors) {
    ThrowFormatError(where, "{}has more than {} entries", field, kMaxTensors);
  }
  limit.Charge(kBytesPerEntry + key.size() + text.size(), where);
  // Copies, since the parser's string has spare capacity.
  if (!metadata.emplace(key, text).second) {
    ThrowFormatError(where, "{}has two values for {}", field, Quoted(key));
  }
}

Metadata ReadJsonMetadata(std::string_view json, const std::string& where,
                          AllocationLimit& limit) {
  CheckJsonTokens(json, where);
  MetadataReader reader(where, limit);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader.map);
}

}  // namespace wsel::checkpoint
