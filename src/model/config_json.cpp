#include "wsel/model/config_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <vector>

#include "wsel/core/json_object.h"
#include "wsel/core/registry.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

constexpr std::array<Registered<Pooling>, 3> kPoolings = {{
    {Pooling::kToken, "token", "the class token"},
    {Pooling::kAverage, "avg", "mean of the patches, then fc_norm"},
    {Pooling::kNormedAverage, "normed-avg", "mean of the patches after norm"},
}};
constexpr Registry<Pooling> kPoolingNames("pooling", kPoolings);

constexpr std::array<Registered<Activation>, 2> kActivations = {{
    {Activation::kGelu, "gelu", "exact, by erf"},
    {Activation::kQuickGelu, "quick_gelu", "x * sigmoid(1.702 x)"},
}};
constexpr Registry<Activation> kActivationNames("activation", kActivations);

const Registry<Pooling>& NamesOf(Pooling /*tag*/) { return kPoolingNames; }
const Registry<Activation>& NamesOf(Activation /*tag*/) {
  return kActivationNames;
}

// Every field of a config with its key, in the order of the struct.
template <typename Visitor>
void VisitFields(VitConfig& c, Visitor&& visit) {
  visit("name", c.name);
  visit("img_size", c.img_size);
  visit("patch_size", c.patch_size);
  visit("embed_dim", c.embed_dim);
  visit("depth", c.depth);
  visit("num_heads", c.num_heads);
  visit("mlp_ratio", c.mlp_ratio);
  visit("num_classes", c.num_classes);
  visit("pooling", c.pooling);
  visit("activation", c.activation);
  visit("qkv_bias", c.qkv_bias);
  visit("class_token", c.class_token);
  visit("dist_token", c.dist_token);
  visit("reg_tokens", c.reg_tokens);
  visit("no_embed_class", c.no_embed_class);
  visit("pre_norm", c.pre_norm);
  visit("layer_scale", c.layer_scale);
  visit("norm_eps", c.norm_eps);
}

template <typename Visitor>
void VisitFields(ConvNextConfig& c, Visitor&& visit) {
  visit("name", c.name);
  visit("img_size", c.img_size);
  visit("patch_size", c.patch_size);
  visit("dims", c.dims);
  visit("depths", c.depths);
  visit("num_classes", c.num_classes);
  visit("conv_mlp", c.conv_mlp);
  visit("head_norm_first", c.head_norm_first);
  visit("layer_scale", c.layer_scale);
  visit("head_init_scale", c.head_init_scale);
  visit("norm_eps", c.norm_eps);
}

// Puts fields into a JSON object.
struct FieldWriter {
  template <typename T>
  void operator()(const char* key, const T& value) const {
    if constexpr (std::is_enum_v<T>) {
      json[key] = NamesOf(value).NameOf(value);
    } else {
      json[key] = value;
    }
  }
  nlohmann::ordered_json& json;
};

// Overrides the fields that are present in a JSON object.
struct FieldReader {
  template <typename T>
  void operator()(const char* key, T& value) const {
    if (!json.Has(key)) return;
    if constexpr (std::is_enum_v<T>) {
      value = NamesOf(value).Find(json.Get<std::string>(key), json.PathOf(key),
                                  json.kind());
    } else {
      value = json.Get<T>(key);
    }
  }
  void operator()(const char* key, std::array<int64_t, 4>& value) const {
    if (!json.Has(key)) return;
    const auto list = json.Get<std::vector<int64_t>>(key);
    if (list.size() != value.size()) {
      throw Error(json.kind(), json.PathOf(key),
                  fmt::format("has {} values; it needs one for each of the "
                              "four stages",
                              list.size()));
    }
    std::copy(list.begin(), list.end(), value.begin());
  }
  JsonObject& json;
};

// Throws the same message at a different location.
[[noreturn]] void Rethrow(const Error& e, ErrorKind kind,
                          const std::string& where) {
  std::string message = e.what();
  if (!e.where().empty()) message.erase(0, e.where().size() + 2);
  throw Error(kind, where, message);
}

Config BaseOf(JsonObject& json) {
  const auto name = json.Get<std::string>("base");
  try {
    return FindVariant(name).config;
  } catch (const Error& e) {
    Rethrow(e, json.kind(), json.PathOf("base"));
  }
}

enum class FamilyTag { kVit, kConvNext };
constexpr std::array<Registered<FamilyTag>, 2> kFamilies = {{
    {FamilyTag::kVit, "vit", "Vision Transformer"},
    {FamilyTag::kConvNext, "convnext", "ConvNeXt"},
}};
constexpr Registry<FamilyTag> kFamilyNames("family", kFamilies);

FamilyTag TagOf(const Config& config) {
  return std::holds_alternative<VitConfig>(config) ? FamilyTag::kVit
                                                   : FamilyTag::kConvNext;
}

// The config that other keys override: "base", or the defaults of "family".
Config InitialConfig(JsonObject& json) {
  if (!json.Has("base") && !json.Has("family")) {
    throw Error(json.kind(), json.where(),
                "needs \"base\" (a model name) or \"family\" "
                "(\"vit\" or \"convnext\")");
  }
  std::optional<FamilyTag> family;
  if (json.Has("family")) {
    family = kFamilyNames.Find(json.Get<std::string>("family"),
                               json.PathOf("family"), json.kind());
  }
  if (!json.Has("base")) {
    if (family == FamilyTag::kVit) return VitConfig{};
    return ConvNextConfig{};
  }
  Config base = BaseOf(json);
  if (family && *family != TagOf(base)) {
    throw Error(
        json.kind(), json.PathOf("family"),
        fmt::format("'{}' is a {}", NameOf(base), ArchitectureName(base)));
  }
  return base;
}

void CheckConfig(const Config& config, const JsonObject& json) {
  try {
    Validate(config, json.where());
  } catch (const Error& e) {
    Rethrow(e, json.kind(), e.where());
  }
}

}  // namespace

std::string ToJson(const Config& config) {
  nlohmann::ordered_json json;
  json["family"] = kFamilyNames.NameOf(TagOf(config));
  std::visit([&](auto c) { VisitFields(c, FieldWriter{json}); }, config);
  return json.dump();
}

Config ConfigFromJson(std::string_view text, std::string_view where,
                      ErrorKind kind) {
  const auto root = ParseJson(text, where, kind);
  JsonObject json(root, std::string(where), kind);
  const Config initial = InitialConfig(json);
  Config config = initial;
  std::visit([&](auto& c) { VisitFields(c, FieldReader{json}); }, config);
  json.Finish();
  CheckConfig(config, json);
  // A modified variant no longer has the variant's name.
  if (NameOf(config).empty() ||
      (!json.Has("name") && !SameArchitecture(config, initial))) {
    const std::string name = DescriptiveName(config);
    std::visit([&](auto& c) { c.name = name; }, config);
  }
  return config;
}

}  // namespace wsel::model
