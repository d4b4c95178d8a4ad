#include "wsel/pretrained/published.h"

#include <fmt/format.h>

#include <algorithm>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/model/config_json.h"
#include "wsel/model/variants.h"

namespace wsel::pretrained {
namespace {

constexpr PublishedModel kModels[] = {
#include "published_models.inc"
};

constexpr PublishedNormalisation kImageNet = {{0.485, 0.456, 0.406},
                                              {0.229, 0.224, 0.225}};
constexpr PublishedNormalisation kHalf = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
constexpr PublishedNormalisation kClip = {{0.48145466, 0.4578275, 0.40821073},
                                          {0.26862954, 0.26130258, 0.27577711}};
constexpr PublishedNormalisation kUnit = {{0, 0, 0}, {1, 1, 1}};
// Of DINOv3's satellite images.
constexpr PublishedNormalisation kSatellite = {{0.43, 0.411, 0.296},
                                               {0.213, 0.156, 0.143}};

constexpr PublishedTag kTags[] = {
#include "published_tags.inc"
};

// The table is in the order of names.
const PublishedModel* ModelNamed(std::string_view name) {
  const auto* found =
      std::ranges::lower_bound(kModels, name, {}, &PublishedModel::name);
  return found != std::end(kModels) && found->name == name ? found : nullptr;
}

std::string_view WithoutHub(std::string_view name) {
  for (const std::string_view hub : {"hf-hub:", "hf_hub:", "timm/"}) {
    if (name.starts_with(hub)) name.remove_prefix(hub.size());
  }
  return name;
}

}  // namespace

std::optional<model::Config> PublishedModel::Config() const {
  try {
    model::Config found =
        model::ConfigFromJson(config, name, ErrorKind::kConfig);
    FieldsOf(found).name = name;
    return found;
  } catch (const Error&) {
    return std::nullopt;  // it has a key or value that no config here has
  }
}

std::string Published::Name() const {
  return tag == nullptr ? std::string(model->name)
                        : fmt::format("{}.{}", model->name, tag->tag);
}

std::span<const PublishedModel> PublishedModels() { return kModels; }
std::span<const PublishedTag> PublishedTags() { return kTags; }

std::span<const PublishedTag> TagsOf(const PublishedModel& model) {
  return {
      std::ranges::lower_bound(kTags, model.name, {}, &PublishedTag::model),
      std::ranges::upper_bound(kTags, model.name, {}, &PublishedTag::model)};
}

std::optional<Published> FindPublished(std::string_view name) {
  name = WithoutHub(name);
  const size_t dot = name.find('.');
  const PublishedModel* model = ModelNamed(name.substr(0, dot));
  if (model == nullptr) return std::nullopt;
  Published found = {model};
  if (dot == std::string_view::npos) return found;
  const auto tags = TagsOf(*model);
  const auto tag =
      std::ranges::find(tags, name.substr(dot + 1), &PublishedTag::tag);
  if (tag != tags.end()) found.tag = &*tag;
  return found;
}

namespace {

// Errors: as model::FindVariant, but the nearest name may be a published one.
model::Config VariantNamed(std::string_view name) {
  try {
    return model::FindVariant(name).config;
  } catch (const Error& e) {
    std::vector<std::string> known;
    for (const model::Variant& variant : model::Variants()) {
      known.push_back(NameOf(variant.config));
      known.insert(known.end(), variant.aliases.begin(), variant.aliases.end());
    }
    for (const PublishedModel& model : kModels) known.emplace_back(model.name);
    throw Error(e.kind(), e.where(), Unknown("model", name, known));
  }
}

}  // namespace

model::Config ConfigNamed(std::string_view name) {
  const auto published = FindPublished(name);
  if (!published) return VariantNamed(name);
  const PublishedModel& model = *published->model;
  const size_t dot = name.find('.');
  if (dot != std::string_view::npos && published->tag == nullptr) {
    std::vector<std::string> tags;
    for (const auto& tag : TagsOf(model)) tags.emplace_back(tag.tag);
    throw Error(ErrorKind::kUsage, "",
                Unknown(fmt::format("tag of {}", model.name),
                        name.substr(dot + 1), tags));
  }
  auto config = model.Config();
  if (!config) {
    throw Error(ErrorKind::kUsage, "", "{} has {}, which is not supported",
                model.name, model.forms);
  }
  FieldsOf(*config).name = published->Name();
  return *config;
}

std::string WithoutTag(const std::string& name) {
  const auto published = FindPublished(name);
  return published ? std::string(published->model->name) : name;
}

std::optional<Published> PublishedAt(const std::filesystem::path& checkpoint) {
  constexpr std::string_view kCache = "models--timm--";
  const std::filesystem::path path = checkpoint.lexically_normal();
  if (auto found = FindPublished(path.stem().string())) return found;
  if (auto found = FindPublished(path.parent_path().filename().string())) {
    return found;
  }
  for (const auto& part : path) {
    const std::string folder = part.string();
    if (!folder.starts_with(kCache)) continue;
    return FindPublished(std::string_view{folder}.substr(kCache.size()));
  }
  return std::nullopt;
}

}  // namespace wsel::pretrained
