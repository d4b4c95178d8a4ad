// Torch-free.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "wsel/core/json_object.h"

namespace wsel::model {

// The output folder of scripts/golden/models.py.
inline std::filesystem::path GoldenFolder() {
  return std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/model";
}

inline nlohmann::ordered_json ReadGolden(const std::string& name) {
  std::ifstream file(GoldenFolder() / name);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return ParseJson(text, name, ErrorKind::kFormat);
}

}  // namespace wsel::model
