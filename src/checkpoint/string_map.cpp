#include "wsel/checkpoint/string_map.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/checkpoint/json_tokens.h"
#include "wsel/checkpoint/mapped_checkpoint.h"
#include "wsel/checkpoint/refusal.h"

namespace wsel::checkpoint {
namespace {

// Receives the JSON piece by piece, so that no document lies in memory. The
// names of the members are nlohmann's.
class MapReader {
 public:
  MapReader(const std::string& where, Allowance& allowance)
      : where_(where), allowance_(allowance) {}

  std::map<std::string, std::string> map;

  bool start_object(size_t /*count*/) {
    if (std::exchange(inside_, true)) Bad();
    return true;
  }
  bool end_object() { return true; }
  bool key(std::string& text) {
    key_ = text;
    return true;
  }
  bool string(std::string& text) {
    if (!inside_) Bad();
    if (map.size() == kMaxTensors) {
      Refuse(where_, fmt::format("has more than {} entries", kMaxTensors));
    }
    allowance_.Spend(kCostOfEntry + key_.size() + text.size(), where_);
    // Copied, since the parser's string has room for more than it holds.
    if (!map.emplace(key_, std::as_const(text)).second) {
      Refuse(where_, fmt::format("has two values for {}", Quoted(key_)));
    }
    return true;
  }

  bool start_array(size_t /*count*/) { Bad(); }
  bool end_array() { Bad(); }
  bool number_unsigned(uint64_t /*value*/) { Bad(); }
  bool number_integer(int64_t /*value*/) { Bad(); }
  bool number_float(double /*value*/, const std::string& /*text*/) { Bad(); }
  bool boolean(bool /*value*/) { Bad(); }
  bool null() { Bad(); }
  bool binary(nlohmann::json::binary_t& /*value*/) { Bad(); }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    Refuse(where_, fmt::format("byte {}: is not valid JSON", position));
  }

 private:
  [[noreturn]] void Bad() const {
    if (key_.empty()) Refuse(where_, "is no JSON object of strings");
    Refuse(where_, Quoted(key_) + " is no string");
  }

  const std::string& where_;
  Allowance& allowance_;
  bool inside_ = false;
  std::string key_;
};

}  // namespace

std::map<std::string, std::string> ReadStringMap(std::string_view json,
                                                 const std::string& where,
                                                 Allowance& allowance) {
  CheckJsonTokens(json, where);
  MapReader reader(where, allowance);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader.map);
}

}  // namespace wsel::checkpoint
