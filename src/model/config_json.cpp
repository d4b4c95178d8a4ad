#include "wsel/model/config_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "architecture.h"
#include "wsel/core/height_width.h"
#include "wsel/core/json_object.h"
#include "wsel/core/suggest.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

// Reads a field's value.
template <typename T>
void Read(JsonObject& json, std::string_view key, T& value) {
  if constexpr (std::is_enum_v<T>) {
    value = NamesOf(value).Find(json.Get<std::string>(key), json.PathOf(key),
                                json.kind());
  } else {
    value = json.Get<T>(key);
  }
}

void Read(JsonObject& json, std::string_view key, HeightWidth& value) {
  value = ReadHeightWidth(json.Raw(key), json.PathOf(key), json.kind());
}

void Read(JsonObject& json, std::string_view key,
          std::array<int64_t, 4>& value) {
  const auto list = json.Get<std::vector<int64_t>>(key);
  if (list.size() != value.size()) {
    throw Error(json.kind(), json.PathOf(key),
                "has {} values; it needs one for each of the four stages",
                list.size());
  }
  std::copy(list.begin(), list.end(), value.begin());
}

Config BaseOf(JsonObject& json) {
  const auto name = json.Get<std::string>("base");
  try {
    return FindVariant(name).config;
  } catch (const Error& e) {
    throw Error(json.kind(), json.PathOf("base"), e.message());
  }
}

std::vector<std::string> Keys() {
  std::vector<std::string> keys;
  ForEachArchitecture(
      [&](const auto& architecture) { keys.emplace_back(architecture.key); });
  return keys;
}

// A field's value in the config of the defaults.
template <typename T, typename C>
const T& DefaultValue(const Field<C>& field, const C& defaults) {
  return defaults.*std::get<T C::*>(field.member);
}

// The default config of the architecture with that key.
Config DefaultOf(const std::string& key, const std::string& where,
                 ErrorKind kind) {
  std::optional<Config> found;
  ForEachArchitecture([&]<typename C>(const Architecture<C>& architecture) {
    if (architecture.key == key) found = C();
  });
  if (!found) throw Error(kind, where, Unknown("family", key, Keys()));
  return *found;
}

// The config that other keys override: "base", or the defaults of "family".
Config InitialConfig(JsonObject& json) {
  if (!json.Has("base") && !json.Has("family")) {
    throw Error(json.kind(), json.where(),
                "needs \"base\" (a model name) or \"family\" (\"{}\")",
                fmt::join(Keys(), "\" or \""));
  }
  std::optional<Config> family;
  if (json.Has("family")) {
    family = DefaultOf(json.Get<std::string>("family"), json.PathOf("family"),
                       json.kind());
  }
  if (!json.Has("base")) return *family;
  Config base = BaseOf(json);
  if (family && family->index() != base.index()) {
    throw Error(json.kind(), json.PathOf("family"), "'{}' is a {}",
                NameOf(base), ArchitectureName(base));
  }
  return base;
}

}  // namespace

std::string ToJson(const Config& config) {
  nlohmann::ordered_json json;
  WithArchitecture(config, [&](const auto& architecture, const auto& c) {
    json["family"] = architecture.key;
    const std::remove_cvref_t<decltype(c)> defaults;
    VisitFields(architecture.fields, c,
                [&]<typename T>(const auto& field, const T& value) {
                  if (field.rare && value == DefaultValue<T>(field, defaults)) {
                    return;
                  }
                  auto& out = json[std::string(field.key)];
                  if constexpr (std::is_enum_v<T>) {
                    out = NamesOf(value).NameOf(value);
                  } else {
                    out = value;
                  }
                });
  });
  return json.dump();
}

std::vector<ConfigKey> ConfigKeys() {
  std::vector<ConfigKey> keys;
  const auto add = [&](std::string_view key, std::string about) {
    if (key == "name") return;
    const auto known = std::ranges::find(keys, key, &ConfigKey::key);
    if (known == keys.end()) {
      keys.push_back({std::string(key), std::move(about)});
    } else {
      known->about += "; " + about;
    }
  };
  ForEachArchitecture([&]<typename C>(const Architecture<C>& architecture) {
    const C defaults;
    VisitFields(architecture.fields, defaults,
                [&]<typename T>(const auto& field, const T& value) {
                  std::string about(architecture.key);
                  if constexpr (std::is_enum_v<T>) {
                    about += fmt::format(": {}, default {}",
                                         NamesOf(value).Choices(),
                                         NamesOf(value).NameOf(value));
                  } else {
                    about += fmt::format(", default {}",
                                         nlohmann::ordered_json(value).dump());
                  }
                  add(field.key, std::move(about));
                });
  });
  return keys;
}

Config ConfigFromJson(std::string_view text, std::string_view where,
                      ErrorKind kind) {
  const auto root = ParseJson(text, where, kind);
  JsonObject json(root, std::string(where), kind);
  const Config initial = InitialConfig(json);
  Config config = initial;
  WithArchitecture(config, [&](const auto& architecture, auto& c) {
    VisitFields(architecture.fields, c, [&](const auto& field, auto& value) {
      if (json.Has(field.key)) Read(json, field.key, value);
    });
  });
  json.Finish();
  try {
    Validate(config, where);
  } catch (const Error& e) {
    throw Error(kind, e.where(), e.message());
  }
  // A modified variant no longer has the variant's name.
  if (NameOf(config).empty() ||
      (!json.Has("name") && !SameArchitecture(config, initial))) {
    std::string name = DescriptiveName(config);
    FieldsOf(config).name = std::move(name);
  }
  return config;
}

}  // namespace wsel::model
