#include "wsel/select/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "wsel/core/json_object.h"

namespace wsel::select {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMaxParts = 1024;
constexpr int64_t kMaxFirstLayer = 1024;
constexpr std::string_view kHeads = ".heads";

[[noreturn]] void ThrowConfig(std::string_view where,
                              std::string_view message) {
  throw Error(ErrorKind::kConfig, where, message);
}

bool IsIdentifier(std::string_view name) {
  constexpr std::string_view kCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  return !name.empty() && (name.front() < '0' || name.front() > '9') &&
         name.find_first_not_of(kCharacters) == name.npos;
}

// Reads one file: dimensions first, as everything else refers to them.
class Reader {
 public:
  Reader(JsonObject& json, FamilyTable& family)
      : json_(json), family_(family) {}

  void Run() {
    family_.name = json_.Get<std::string>("name");
    family_.about = json_.Get<std::string>("about");
    ReadDimensions();
    ReadTensors();
    ReadOptional();
    ReadIgnored();
    json_.Finish();
    CheckUse();
  }

 private:
  const Json& ObjectAt(std::string_view key) {
    const Json& value = json_.Raw(key);
    if (!value.is_object() || value.empty()) {
      ThrowConfig(json_.PathOf(key), "must be an object with at least one key");
    }
    return value;
  }

  size_t Find(const std::string& name, const std::string& where) const {
    std::vector<std::string> names;
    for (const Dimension& dimension : family_.dimensions) {
      if (dimension.name == name) return names.size();
      names.push_back(dimension.name);
    }
    ThrowConfig(where, Unknown("dimension", name, names));
  }

  void ReadDimensions() {
    const Json& dimensions = ObjectAt("dimensions");
    for (const auto& item : dimensions.items()) {
      const std::string where = PathOf("dimensions", item.key());
      if (!IsIdentifier(item.key())) {
        ThrowConfig(where, "must have only letters, digits and '_'");
      }
      family_.dimensions.push_back(
          {item.key(), RoleOf(item.value(), where), std::nullopt, 0});
    }
    size_t place = 0;
    for (const auto& item : dimensions.items()) {
      if (item.value().is_object()) ReadFollows(place, item.value());
      ++place;
    }
  }

  static DimensionRole RoleOf(const Json& value, const std::string& where) {
    if (value.is_string()) {
      return DimensionRoles().Find(value.get<std::string>(), where,
                                   ErrorKind::kConfig);
    }
    JsonObject json(value, where);
    return DimensionRoles().Find(json.Get<std::string>("role"),
                                 json.PathOf("role"), ErrorKind::kConfig);
  }

  void ReadFollows(size_t place, const Json& value) {
    Dimension& dimension = family_.dimensions[place];
    JsonObject json(value, PathOf("dimensions", dimension.name));
    json.Has("role");  // read by RoleOf
    if (json.Has("follows")) {
      const std::string where = json.PathOf("follows");
      const size_t leader = Find(json.Get<std::string>("follows"), where);
      const Json& other =
          json_.Raw("dimensions").at(family_.dimensions[leader].name);
      if (leader == place || (other.is_object() && other.contains("follows"))) {
        ThrowConfig(where,
                    "must name a dimension that does not follow another");
      }
      for (const size_t at : {place, leader}) {
        if (family_.dimensions[at].role == DimensionRole::kLayers) {
          ThrowConfig(where,
                      "layers cannot follow, nor be followed by, a dimension");
        }
      }
      dimension.follows = leader;
    }
    if (json.Has("from")) {
      dimension.first = json.Get<int64_t>("from");
      if (dimension.role != DimensionRole::kLayers || dimension.first < 0 ||
          dimension.first > kMaxFirstLayer) {
        ThrowConfig(json.PathOf("from"),
                    fmt::format("is the number of the first layer, 0 to {}, "
                                "for the role layers",
                                kMaxFirstLayer));
      }
    }
    json.Finish();
  }

  NameTemplate ReadTemplate(const std::string& text, const std::string& where) {
    const size_t open = text.find('{');
    if (open == std::string::npos && text.find('}') == std::string::npos) {
      if (text.empty()) ThrowConfig(where, "a name must not be empty");
      return {text, std::nullopt, "", 0};
    }
    const size_t close = text.find('}');
    if (close == std::string::npos || close < open ||
        text.find_first_of("{}", close + 1) != std::string::npos) {
      ThrowConfig(where, "a name may have at most one {layers}");
    }
    const size_t layers = Find(text.substr(open + 1, close - open - 1), where);
    if (family_.dimensions[layers].role != DimensionRole::kLayers) {
      ThrowConfig(where, fmt::format("'{}' does not have the role layers",
                                     family_.dimensions[layers].name));
    }
    return {text.substr(0, open), layers, text.substr(close + 1),
            family_.dimensions[layers].first};
  }

  FamilyAxis ReadAxis(const Json& value, const std::string& where) {
    FamilyAxis axis;
    if (value.is_number_integer()) {
      axis.factor = value.get<int64_t>();
      if (axis.factor < 1) ThrowConfig(where, "a size must be 1 or more");
      return axis;
    }
    if (!value.is_string()) {
      ThrowConfig(where,
                  "an axis must be a number, a dimension or \"3*inner\"");
    }
    std::string name = value.get<std::string>();
    if (const size_t star = name.find('*'); star != std::string::npos) {
      const char* end = name.data() + star;
      const auto [rest, code] = std::from_chars(name.data(), end, axis.factor);
      if (code != std::errc() || rest != end || axis.factor < 1 ||
          axis.factor > kMaxParts) {
        ThrowConfig(where,
                    fmt::format("'{}': the number of parts must be 1 to {}",
                                name, kMaxParts));
      }
      name.erase(0, star + 1);
    } else if (name.ends_with(kHeads)) {
      axis.per_head = true;
      name.resize(name.size() - kHeads.size());
    }
    axis.dimension = Find(name, where);
    if (family_.dimensions[*axis.dimension].role == DimensionRole::kLayers) {
      ThrowConfig(where,
                  fmt::format("'{}' counts layers and cannot be a dimension of "
                              "a tensor; use it in a name: {{{}}}",
                              name, name));
    }
    if (axis.per_head &&
        family_.dimensions[*axis.dimension].role != DimensionRole::kAttention) {
      ThrowConfig(where, fmt::format("'{}' has no heads: its role is not "
                                     "attention",
                                     name));
    }
    return axis;
  }

  void ReadTensors() {
    for (const auto& item : ObjectAt("tensors").items()) {
      const std::string where = PathOf("tensors", item.key());
      FamilyTensor tensor;
      tensor.text = item.key();
      tensor.name = ReadTemplate(item.key(), where);
      if (!item.value().is_array() || item.value().size() > 8) {
        ThrowConfig(
            where,
            "must be an array with an axis for each dimension, at most 8");
      }
      for (const Json& axis : item.value()) {
        tensor.axes.push_back(ReadAxis(axis, where));
      }
      family_.tensors.push_back(std::move(tensor));
    }
  }

  void ReadOptional() {
    if (!json_.Has("optional")) return;
    for (const auto& text : json_.Get<std::vector<std::string>>("optional")) {
      std::vector<std::string> known;
      for (FamilyTensor& tensor : family_.tensors) {
        known.push_back(tensor.text);
        if (tensor.text == text) tensor.optional = true;
      }
      if (std::ranges::count(known, text) == 0) {
        ThrowConfig(json_.PathOf("optional"), Unknown("tensor", text, known));
      }
    }
  }

  void ReadIgnored() {
    if (!json_.Has("ignored")) return;
    for (const auto& item : ObjectAt("ignored").items()) {
      const std::string where = PathOf("ignored", item.key());
      if (!item.value().is_string()) ThrowConfig(where, "must be a string");
      family_.ignored.push_back({item.key(), ReadTemplate(item.key(), where),
                                 item.value().get<std::string>()});
    }
  }

  // Checks that every dimension is used, and only where its role allows.
  void CheckUse() const {
    std::set<size_t> inside;
    std::set<size_t> outside;
    for (const FamilyTensor& tensor : family_.tensors) {
      if (tensor.name.layers) inside.insert(*tensor.name.layers);
      for (const FamilyAxis& axis : tensor.axes) {
        if (!axis.dimension) continue;
        (tensor.name.layers ? inside : outside).insert(*axis.dimension);
      }
    }
    for (size_t i = 0; i < family_.dimensions.size(); ++i) {
      const Dimension& dimension = family_.dimensions[i];
      const std::string where = PathOf("dimensions", dimension.name);
      if (!inside.contains(i) && !outside.contains(i)) {
        ThrowConfig(where, "no tensor has this dimension; remove it");
      }
      const bool of_layer = dimension.role == DimensionRole::kHidden ||
                            dimension.role == DimensionRole::kAttention;
      if (of_layer && inside.contains(i) && outside.contains(i)) {
        ThrowConfig(where,
                    "is used both inside and outside of layers; only the role "
                    "width allows that");
      }
    }
  }

  std::string PathOf(std::string_view table, std::string_view key) const {
    return fmt::format("{}.{}", json_.PathOf(table), key);
  }

  JsonObject& json_;
  FamilyTable& family_;
};

}  // namespace

const Registry<DimensionRole>& DimensionRoles() {
  static constexpr Registered<DimensionRole> kRows[] = {
      {DimensionRole::kWidth, "width"},
      {DimensionRole::kHidden, "hidden"},
      {DimensionRole::kAttention, "attention"},
      {DimensionRole::kLeading, "leading"},
      {DimensionRole::kFixed, "fixed"},
      {DimensionRole::kLayers, "layers"}};
  static constexpr Registry<DimensionRole> kRegistry("role", kRows);
  return kRegistry;
}

std::vector<std::string> SizeNames(const FamilyTable& family) {
  std::vector<std::string> names;
  for (const Dimension& dimension : family.dimensions) {
    names.push_back(dimension.name);
    if (dimension.role == DimensionRole::kAttention) {
      names.push_back(HeadsOf(dimension));
    }
  }
  return names;
}

bool HasHeadAxis(const FamilyTable& family, const Dimension& dimension) {
  return std::ranges::any_of(family.tensors, [&](const FamilyTensor& tensor) {
    return std::ranges::any_of(tensor.axes, [&](const FamilyAxis& axis) {
      return axis.per_head &&
             family.dimensions[*axis.dimension].name == dimension.name;
    });
  });
}

void CheckSizeNames(const FamilyTable& family, const Sizes& sizes,
                    std::string_view where) {
  const auto known = SizeNames(family);
  for (const auto& [name, size] : sizes) {
    if (std::ranges::count(known, name) > 0) continue;
    throw Error(ErrorKind::kUsage, where, Unknown("size", name, known));
  }
}

FamilyTable FamilyFromJson(std::string_view text, std::string_view where) {
  const Json root = ParseJson(text, where, ErrorKind::kConfig);
  JsonObject json(root, std::string(where));
  FamilyTable family;
  family.source = where;
  Reader(json, family).Run();
  return family;
}

}  // namespace wsel::select
