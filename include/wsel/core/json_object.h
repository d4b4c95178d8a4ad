// Torch-free.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"

namespace wsel {

// Strict parse: no duplicate keys, no comments, at most 64 levels deep, UTF-8.
// `where` names the source in messages; `kind` is kConfig for what a user
// wrote, kFormat for what a file holds.
nlohmann::ordered_json ParseJson(std::string_view text, std::string_view where,
                                 ErrorKind kind);

// A JSON object that is read once and to the last key: a value of another type
// is an error that names the JSON path, and Finish() refuses keys that nobody
// asked for, with the nearest that somebody did.
class JsonObject {
 public:
  // `value` must outlive this object. Errors: `kind` where it is no object.
  JsonObject(const nlohmann::ordered_json& value, std::string where,
             ErrorKind kind = ErrorKind::kConfig);

  bool Has(std::string_view key);

  // The value as T (bool, int64_t, uint64_t, int, double, std::string or
  // std::vector of those). Integers are not taken from fractions, nor numbers
  // from strings.
  template <typename T>
  T Get(std::string_view key) {
    const auto& value = Raw(key);
    T out{};
    if (!Convert(value, out)) ThrowType(key, value);
    return out;
  }
  template <typename T>
  T GetOr(std::string_view key, T fallback) {
    return Has(key) ? Get<T>(key) : fallback;
  }

  JsonObject Object(std::string_view key);
  // The value as it stands. Errors: `kind` where the key is missing.
  const nlohmann::ordered_json& Raw(std::string_view key);
  // "where.key", for messages about a value.
  std::string PathOf(std::string_view key) const;
  const std::string& where() const { return where_; }
  ErrorKind kind() const { return kind_; }

  void Finish() const;

 private:
  static bool Convert(const nlohmann::ordered_json& value, bool& out);
  static bool Convert(const nlohmann::ordered_json& value, int64_t& out);
  static bool Convert(const nlohmann::ordered_json& value, uint64_t& out);
  static bool Convert(const nlohmann::ordered_json& value, int& out);
  static bool Convert(const nlohmann::ordered_json& value, double& out);
  static bool Convert(const nlohmann::ordered_json& value, std::string& out);
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
  [[noreturn]] void ThrowType(std::string_view key,
                              const nlohmann::ordered_json& value) const;

  const nlohmann::ordered_json& value_;
  std::string where_;
  ErrorKind kind_;
  std::vector<std::string> asked_;
};

}  // namespace wsel
