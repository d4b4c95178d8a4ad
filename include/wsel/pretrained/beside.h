// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/image/eval_resize.h"
#include "wsel/image/normalisation.h"
#include "wsel/image/resample.h"
#include "wsel/model/config.h"

namespace wsel::pretrained {

// A value that a file beside the checkpoint states, or the table of published
// models (published.h) for the checkpoint's name.
template <typename T>
struct Stated {
  T value = {};
  std::string file = {};  // its name; "timm's NAME.TAG"
  bool by_name = false;   // it is the table's, by the checkpoint's name
};

// What lies beside a checkpoint: timm's or Hugging Face's config.json,
// preprocessor_config.json, open_clip_config.json.
struct Beside {
  std::optional<Stated<image::ChannelValues>> mean = {};
  std::optional<Stated<image::ChannelValues>> std = {};
  std::optional<Stated<double>> crop_pct = {};
  std::optional<Stated<image::Interpolation>> interpolation = {};
  std::optional<Stated<image::CropMode>> crop_mode = {};
  std::optional<Stated<int64_t>> width = {};  // of the last stage
  std::optional<Stated<int64_t>> num_heads = {};
  std::optional<Stated<double>> norm_eps = {};
  std::optional<Stated<model::Activation>> activation = {};
  std::optional<Stated<model::Pooling>> pooling = {};  // as model::Hints'
  // Of open_clip's own towers, of which tensors show neither average nor the
  // place of the last norm.
  std::optional<Stated<model::Pooling>> tower_pooling = {};
  std::optional<Stated<HeightWidth>> img_size = {};  // the same
  std::optional<Stated<std::vector<std::string>>> classes = {};
  // timm's "NAME" or "NAME.TAG".
  std::optional<Stated<std::string>> architecture = {};
  // What else changes the outputs and is not supported, a sentence each.
  std::vector<std::string> unsupported = {};  // of the model
  std::vector<std::string> remarks = {};      // of the images, and of the files
};

// Reads these files, if there are any. What is not as those libraries write it
// is left out; a file that is not JSON is a remark.
Beside ReadBeside(const std::filesystem::path& checkpoint);

}  // namespace wsel::pretrained
