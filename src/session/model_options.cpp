#include "wsel/session/model_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/model/config_json.h"
#include "wsel/pretrained/published.h"

namespace wsel::session {
namespace {

std::vector<int64_t> ParseIntegers(const std::string& text,
                                   const std::string& option, size_t count) {
  std::vector<int64_t> values;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    int64_t value = 0;
    const auto [next, code] = std::from_chars(at, end, value);
    if (code != std::errc() || (next != end && *next != ',')) break;
    values.push_back(value);
    at = next == end ? end : next + 1;
  }
  if (at != end || values.size() != count) {
    throw Error(ErrorKind::kUsage, option, "'{}': expected {}", text,
                count == 1 ? "one integer"
                           : "four comma-separated integers, one per stage");
  }
  return values;
}

// Applies overrides and appends them to the model's name.
class Override {
 public:
  explicit Override(std::string& name) : name_(name) {}

  template <typename T>
  void Set(T& field, const std::optional<T>& value, std::string_view key) {
    if (!value || *value == field) return;
    field = *value;
    name_ += fmt::format("+{}{}", key, *value);
  }

  // `text`: one number per stage.
  void Set(std::span<int64_t> fields, const std::string& text,
           const std::string& option, std::string_view key) {
    if (text.empty()) return;
    const auto values = ParseIntegers(text, option, fields.size());
    if (std::ranges::equal(values, fields)) return;
    std::ranges::copy(values, fields.begin());
    name_ += fmt::format("+{}{}", key, fmt::join(values, "-"));
  }

 private:
  std::string& name_;
};

void Apply(const ModelOptions& options, model::Config& config) {
  const model::ConfigFields fields = FieldsOf(config);
  if (options.num_heads && fields.num_heads == nullptr) {
    throw Error(ErrorKind::kUsage, "num_heads",
                "{} is a {}, which has no attention heads", fields.name,
                ArchitectureName(config));
  }
  Override override(fields.name);
  override.Set(fields.img_size, options.img_size, "img_size");
  override.Set(fields.patch_size, options.patch_size, "patch_size");
  override.Set(fields.in_chans, options.in_chans, "in_chans");
  override.Set(fields.depths, options.depth, "depth", "depth");
  override.Set(fields.widths, options.embed_dim, "embed_dim",
               fields.widths.size() == 1 ? "embed_dim" : "embed-dim");
  if (options.num_heads) {
    override.Set(*fields.num_heads, options.num_heads, "num_heads");
  }
}

}  // namespace

model::Config NamedModel(const std::string& name) {
  if (name.starts_with("{")) {
    return model::ConfigFromJson(name, "model", ErrorKind::kConfig);
  }
  if (!name.ends_with(".json")) return pretrained::ConfigNamed(name);
  return model::ConfigFromJson(ReadText(name), name, ErrorKind::kConfig);
}

bool GivesNumClasses(const std::string& name) {
  return name.ends_with(".json") &&
         ParseJson(ReadText(name), name, ErrorKind::kConfig)
             .contains("num_classes");
}

model::Config Overridden(model::Config model, const ModelOptions& options) {
  std::string& name = FieldsOf(model).name;
  name = pretrained::WithoutTag(name);  // that of other weights
  Apply(options, model);
  if (options.num_classes) model::SetNumClasses(model, *options.num_classes);
  return model;
}

model::Config Resolve(const ModelOptions& options) {
  model::Config config = Overridden(NamedModel(options.model), options);
  model::Validate(config, options.model);
  return config;
}

}  // namespace wsel::session
