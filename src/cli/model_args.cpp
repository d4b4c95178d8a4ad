#include "model_args.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "wsel/core/error.h"
#include "wsel/core/text_file.h"
#include "wsel/model/config_json.h"
#include "wsel/model/variants.h"

namespace wsel::cli {
namespace {

// "2,2,6,2"
std::vector<int64_t> ParseIntegers(const std::string& text,
                                   const std::string& option) {
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
  if (at == end) return values;
  throw Error(
      ErrorKind::kUsage, option,
      fmt::format("'{}': expected integers, separated by commas", text));
}

void CheckCount(const std::vector<int64_t>& values, std::string_view option,
                size_t count) {
  if (values.empty() || values.size() == count) return;
  throw Error(ErrorKind::kUsage, option,
              fmt::format("'{}': expected {}", fmt::join(values, ","),
                          count == 1 ? "one integer"
                                     : "four comma-separated integers, one "
                                       "per stage"));
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

  void Set(std::array<int64_t, 4>& field, const std::vector<int64_t>& values,
           std::string_view key) {
    CheckCount(values, fmt::format("--{}", key), 4);
    if (values.empty() || std::ranges::equal(values, field)) return;
    std::ranges::copy(values, field.begin());
    name_ += fmt::format("+{}{}", key, fmt::join(values, "-"));
  }

 private:
  std::string& name_;
};

std::optional<int64_t> One(const std::vector<int64_t>& values,
                           std::string_view option) {
  CheckCount(values, option, 1);
  if (values.empty()) return std::nullopt;
  return values.front();
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

void AddIntegers(CLI::App& command, const std::string& name,
                 std::vector<int64_t>& values, const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [&values, name](const std::string& text) {
            values = ParseIntegers(text, name);
          },
          help)
      ->type_name("N[,N,N,N]");
}

}  // namespace

void AddModelOverrides(CLI::App& command, ModelArgs& args) {
  command.add_option("--num-classes", args.num_classes,
                     "Number of classes of the student; 0: no classifier; "
                     "default: the model's or, with --head reuse, the "
                     "teacher's");
  command.add_option("--img-size", args.img_size,
                     "Image size of the student, in pixels");
  command.add_option("--patch-size", args.patch_size,
                     "Patch size of the student, in pixels");
  AddIntegers(command, "--depth", args.depth,
              "Number of blocks of the student: 6, or 2,2,6,2 for a ConvNeXt");
  AddIntegers(command, "--embed-dim", args.embed_dim,
              "Width of the student: 192, or 48,96,192,384 for a ConvNeXt");
  command.add_option("--num-heads", args.num_heads,
                     "Number of attention heads of the student (ViT)");
}

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
