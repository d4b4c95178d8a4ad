#include "wsel/core/json_object.h"

#include <algorithm>
#include <set>

#include "wsel/core/suggest.h"

namespace wsel {

using Json = nlohmann::ordered_json;

Json ParseJson(std::string_view text, std::string_view where, ErrorKind kind) {
  constexpr int kMaxDepth = 64;
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kMaxDepth) {
      throw Error(kind, where, "JSON is nested more than 64 levels deep");
    }
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys.back().insert(value.get<std::string>()).second) {
      throw Error(kind, where, "duplicate key '{}'", value.get<std::string>());
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::parse_error& e) {
    throw Error(kind, where, "not valid JSON at byte {}", e.byte);
  } catch (const Json::out_of_range& e) {  // 1e999
    throw Error(kind, where, e.what());
  }
}

JsonObject::JsonObject(const Json& value, std::string where, ErrorKind kind)
    : value_(value), where_(std::move(where)), kind_(kind) {
  if (!value.is_object()) {
    throw Error(kind, where_, "expected an object, found {}",
                value.type_name());
  }
}

bool JsonObject::Has(std::string_view key) {
  if (std::ranges::find(asked_, key) == asked_.end()) {
    asked_.emplace_back(key);
  }
  return value_.contains(key);
}

const Json& JsonObject::Raw(std::string_view key) {
  if (!Has(key)) throw Error(kind_, PathOf(key), "is missing");
  return value_.at(std::string(key));
}

void JsonObject::Finish() const {
  for (const auto& item : value_.items()) {
    if (std::ranges::find(asked_, item.key()) == asked_.end()) {
      throw Error(kind_, where_, Unknown("key", item.key(), asked_));
    }
  }
}

bool JsonObject::IsInt64(const Json& value) {
  return value.is_number_unsigned()
             ? std::in_range<int64_t>(value.get<uint64_t>())
             : value.is_number_integer();
}

void JsonObject::ThrowType(std::string_view key, const Json& value) const {
  throw Error(kind_, PathOf(key), "has the wrong type: {}",
              value.dump().substr(0, 80));
}

}  // namespace wsel
