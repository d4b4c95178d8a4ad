#include "model_args.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/text_file.h"
#include "wsel/model/config_json.h"
#include "wsel/model/variants.h"

namespace wsel::cli {
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
    throw Error(ErrorKind::kUsage, option,
                fmt::format("'{}': expected {}", text,
                            count == 1 ? "one integer"
                                       : "four comma-separated integers, one "
                                         "per stage"));
  }
  return values;
}

// Applies overrides and appends them to the model's name.
class Override {
 public:
  explicit Override(std::string& name) : name_(name) {}

  void Set(int64_t& field, std::optional<int64_t> value, std::string_view key) {
    if (!value || *value == field) return;
    field = *value;
    name_ += fmt::format("+{}{}", key, *value);
  }

  void Set(std::array<int64_t, 4>& field, const std::string& text,
           std::string_view key) {
    if (text.empty()) return;
    const auto parsed = ParseIntegers(text, fmt::format("--{}", key), 4);
    const std::array<int64_t, 4> value = {parsed[0], parsed[1], parsed[2],
                                          parsed[3]};
    if (value == field) return;
    field = value;
    name_ += fmt::format("+{}{}-{}-{}-{}", key, value[0], value[1], value[2],
                         value[3]);
  }

 private:
  std::string& name_;
};

std::optional<int64_t> One(const std::string& text, const std::string& option) {
  if (text.empty()) return std::nullopt;
  return ParseIntegers(text, option, 1).front();
}

void Apply(const ModelArgs& args, model::VitConfig& config) {
  Override override(config.name);
  override.Set(config.img_size, args.img_size, "img_size");
  override.Set(config.patch_size, args.patch_size, "patch_size");
  override.Set(config.depth, One(args.depth, "--depth"), "depth");
  override.Set(config.embed_dim, One(args.embed_dim, "--embed-dim"),
               "embed_dim");
  override.Set(config.num_heads, args.num_heads, "num_heads");
}

void Apply(const ModelArgs& args, model::ConvNextConfig& config) {
  if (args.num_heads) {
    throw Error(ErrorKind::kUsage, "--num-heads",
                fmt::format("{} is a ConvNeXt, which has no attention heads",
                            config.name));
  }
  Override override(config.name);
  override.Set(config.img_size, args.img_size, "img_size");
  override.Set(config.patch_size, args.patch_size, "patch_size");
  override.Set(config.depths, args.depth, "depth");
  override.Set(config.dims, args.embed_dim, "embed-dim");
}

}  // namespace

model::Config NamedModel(const std::string& name) {
  if (!name.ends_with(".json")) return model::FindVariant(name).config;
  return model::ConfigFromJson(ReadText(name), name, ErrorKind::kConfig);
}

model::Config Resolve(const ModelArgs& args) {
  model::Config config = NamedModel(args.model);
  std::visit([&](auto& c) { Apply(args, c); }, config);
  if (args.num_classes) model::SetNumClasses(config, *args.num_classes);
  model::Validate(config, args.model);
  return config;
}

}  // namespace wsel::cli
