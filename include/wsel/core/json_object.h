// Torch-free.
#pragma once

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wsel/core/error.h"

namespace wsel {

// Strict parse: no duplicate keys, no comments, at most 64 levels deep, UTF-8.
// `where` names the source in messages; `kind` is kConfig for what a user
// wrote, kFormat for the content of other files.
nlohmann::ordered_json ParseJson(std::string_view text, std::string_view where,
                                 ErrorKind kind);

// Strict reader of a JSON object: a value of the wrong type is an error that
// names the JSON path, and Finish() rejects keys that were never asked for,
// suggesting the nearest one that was.
class JsonObject {
 public:
  // `value` must outlive this object. Errors: `kind` if it is not an object.
  JsonObject(const nlohmann::ordered_json& value, std::string where,
             ErrorKind kind = ErrorKind::kConfig);

  bool Has(std::string_view key);

  // The value as T (bool, int64_t, uint64_t, int, double, std::string or
  // std::vector of those). No conversions: 1.0 is not an integer, "1" is not a
  // number. Errors: `kind` if the key is missing or its type is wrong.
  template <typename T>
  T Get(std::string_view key) {
    const auto& value = Raw(key);
    T out{};
    if (!Convert(value, out)) ThrowType(key, value);
    return out;
  }
  template <typename T>
  T GetOr(std::string_view key, T fallback) {
    return Has(key) ? Get<T>(key) : std::move(fallback);
  }

  JsonObject Object(std::string_view key) {
    return {Raw(key), PathOf(key), kind_};
  }
  // The unconverted value. Errors: `kind` if the key is missing.
  const nlohmann::ordered_json& Raw(std::string_view key);
  // "where.key", for messages about a value.
  std::string PathOf(std::string_view key) const {
    return fmt::format("{}.{}", where_, key);
  }
  const std::string& where() const { return where_; }
  ErrorKind kind() const { return kind_; }

  // Errors: `kind` if the object has a key that was not asked for.
  void Finish() const;

 private:
  template <typename T>
  static bool Convert(const nlohmann::ordered_json& value, T& out) {
    if (!IsA<T>(value)) return false;
    out = value.get<T>();
    return true;
  }
  template <typename T>
  static bool Convert(const nlohmann::ordered_json& value,
                      std::vector<T>& out) {
    if (!value.is_array()) return false;
    out.resize(value.size());
    for (size_t i = 0; i < value.size(); ++i) {
      if (!Convert(value[i], out[i])) return false;
    }
    return true;
  }
  template <typename T>
  static bool IsA(const nlohmann::ordered_json& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return value.is_boolean();
    } else if constexpr (std::integral<T>) {
      return IsInt64(value) && std::in_range<T>(value.get<int64_t>());
    } else if constexpr (std::floating_point<T>) {
      return value.is_number();
    } else {
      static_assert(std::is_same_v<T, std::string>);
      return value.is_string();
    }
  }
  static bool IsInt64(const nlohmann::ordered_json& value);
  [[noreturn]] void ThrowType(std::string_view key,
                              const nlohmann::ordered_json& value) const;

  const nlohmann::ordered_json& value_;
  std::string where_;
  ErrorKind kind_;
  std::vector<std::string> asked_;
};

}  // namespace wsel
