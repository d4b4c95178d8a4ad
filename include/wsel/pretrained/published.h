// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wsel/core/height_width.h"
#include "wsel/image/resample.h"
#include "wsel/model/config.h"

namespace wsel::pretrained {

// An architecture that timm publishes weights of. The tables are made by
// scripts/published_models.py from timm's registry and modules.
struct PublishedModel {
  std::string_view name;
  int64_t width;      // of the last stage
  int64_t depth;      // blocks of all stages
  int64_t num_heads;  // 0: no attention
  double norm_eps;
  std::string_view activation;  // timm's name
  // As model::ToJson writes it, less what has the default value; perhaps with
  // keys that no config here has.
  std::string_view config;
  // What not every such model has, in words: "rotary positions, SwiGLU". And
  // what of that no tensor's name or shape shows.
  std::string_view forms;
  std::string_view hidden;

  // The config, under the model's name and with 1000 classes; nullopt if a
  // config cannot express it. In ViTs that ignore the last pixels of their
  // images, such as 384 in patches of 14, img_size is what the patches cover.
  std::optional<model::Config> Config() const;
};

// As image::Normalisation, of RGB images.
struct PublishedNormalisation {
  std::array<double, 3> mean;
  std::array<double, 3> std;
};

// Weights of one of them: timm's tag, and what their pretrained_cfg says of
// images.
struct PublishedTag {
  std::string_view model;
  std::string_view tag;
  HeightWidth img_size;
  const PublishedNormalisation& normalisation;
  double crop_pct;
  std::string_view crop_mode;  // "center", "squash"
  std::string_view interpolation;
  int64_t num_classes;
};

struct Published {
  const PublishedModel* model = nullptr;  // not null
  const PublishedTag* tag = nullptr;      // null: not said, or not published

  std::string Name() const;  // "NAME" or "NAME.TAG"
};

// All of them, in the order of their names.
std::span<const PublishedModel> PublishedModels();
std::span<const PublishedTag> PublishedTags();
std::span<const PublishedTag> TagsOf(const PublishedModel& model);

// The model with timm's name, "NAME", "NAME.TAG", or that after "timm/" or
// "hf-hub:timm/"; nullopt if timm publishes none of that name.
std::optional<Published> FindPublished(std::string_view name);

// The config of the published model or of the variant (model::FindVariant) with
// that name; one with a tag keeps it in its own, so that FactsOf knows its
// images. Errors: kUsage for an unknown name or tag, with the nearest one, and
// for a model that a config cannot express, with its forms.
model::Config ConfigNamed(std::string_view name);

// "NAME" of "NAME.TAG", if timm publishes it; otherwise unchanged.
std::string WithoutTag(const std::string& name);

// The model that the path of a checkpoint names: by the file's name, by its
// folder's, or by a folder of the Hugging Face cache,
// "models--timm--NAME.TAG".
std::optional<Published> PublishedAt(const std::filesystem::path& checkpoint);

}  // namespace wsel::pretrained
