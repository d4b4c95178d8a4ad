#include "json_metadata.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "json_tokens.h"
#include "mapped_checkpoint.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

// Builds the map from SAX events, without a JSON document in memory. The
// snake_case members implement nlohmann's SAX interface.
class MetadataReader {
 public:
  MetadataReader(const std::string& where, AllocationLimit& limit)
      : where_(where), limit_(limit) {}

  std::map<std::string, std::string> map;

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
    if (map.size() == kMaxTensors) {
      ThrowFormatError(where_,
                       fmt::format("has more than {} entries", kMaxTensors));
    }
    limit_.Charge(kBytesPerEntry + key_.size() + text.size(), where_);
    // A copy, since the parser's string has spare capacity.
    if (!map.emplace(key_, std::as_const(text)).second) {
      ThrowFormatError(where_,
                       fmt::format("has two values for {}", Quoted(key_)));
    }
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
    ThrowFormatError(where_,
                     fmt::format("byte {}: is not valid JSON", position));
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

std::map<std::string, std::string> ReadJsonMetadata(std::string_view json,
                                                    const std::string& where,
                                                    AllocationLimit& limit) {
  CheckJsonTokens(json, where);
  MetadataReader reader(where, limit);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader.map);
}

}  // namespace wsel::checkpoint
