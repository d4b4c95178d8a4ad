// Torch-free.
#pragma once

#include <filesystem>
#include <string>

#include "wsel/augment/options.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/image/resample.h"

namespace wsel::augment {

using Json = nlohmann::ordered_json;

// A file of scripts/golden/augment.py.
inline Json ReadGolden(const std::string& name) {
  const auto path =
      std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/augment" / name;
  return ParseJson(ReadText(path), path.string(), ErrorKind::kFormat);
}

inline TrainInterpolation TrainInterpolationOf(const Json& name) {
  if (name == "nearest") return TrainInterpolation::kNearest;
  return name == "bilinear" ? TrainInterpolation::kBilinear
                            : TrainInterpolation::kBicubic;
}

inline image::Interpolation InterpolationOf(const Json& name) {
  if (name == "nearest") return image::Interpolation::kNearest;
  return name == "bilinear" ? image::Interpolation::kBilinear
                            : image::Interpolation::kBicubic;
}

}  // namespace wsel::augment
