#include "model_args.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <span>
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

void Apply(const ModelArgs& args, model::Config& config) {
  const model::ConfigFields fields = FieldsOf(config);
  if (args.num_heads && fields.num_heads == nullptr) {
    throw Error(ErrorKind::kUsage, "--num-heads",
                fmt::format("{} is a {}, which has no attention heads",
                            fields.name, ArchitectureName(config)));
  }
  Override override(fields.name);
  override.Set(fields.img_size, args.img_size, "img_size");
  override.Set(fields.patch_size, args.patch_size, "patch_size");
  override.Set(fields.depths, args.depth, "--depth", "depth");
  override.Set(fields.widths, args.embed_dim, "--embed-dim",
               fields.widths.size() == 1 ? "embed_dim" : "embed-dim");
  if (args.num_heads) {
    override.Set(*fields.num_heads, args.num_heads, "num_heads");
  }
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
  command
      .add_option(
          "--depth", args.depth,
          "Number of blocks of the student: 6, or 2,2,6,2 for a ConvNeXt")
      ->type_name("N[,N,N,N]");
  command
      .add_option("--embed-dim", args.embed_dim,
                  "Width of the student: 192, or 48,96,192,384 for a ConvNeXt")
      ->type_name("N[,N,N,N]");
  command.add_option("--num-heads", args.num_heads,
                     "Number of attention heads of the student (ViT)");
}

model::Config NamedModel(const std::string& name) {
  if (!name.ends_with(".json")) return model::FindVariant(name).config;
  return model::ConfigFromJson(ReadText(name), name, ErrorKind::kConfig);
}

model::Config Resolve(const ModelArgs& args) {
  model::Config config = NamedModel(args.model);
  Apply(args, config);
  if (args.num_classes) model::SetNumClasses(config, *args.num_classes);
  model::Validate(config, args.model);
  return config;
}

}  // namespace wsel::cli
