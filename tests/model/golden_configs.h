// Torch-free.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "model/golden.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/error.h"
#include "wsel/model/config_json.h"

namespace wsel::model {

using NamedConfig = std::pair<std::string, Config>;

// Of the small models in tests/golden/model/logits, by the names of their
// files: one of every form of every architecture.
inline std::vector<NamedConfig> GoldenConfigs() {
  std::vector<NamedConfig> configs;
  for (const auto& file :
       std::filesystem::directory_iterator(GoldenFolder() / "logits")) {
    const auto golden = checkpoint::Open(file.path());
    configs.emplace_back(file.path().stem().string(),
                         ConfigFromJson(golden->metadata().at("config"),
                                        "golden", ErrorKind::kFormat));
  }
  std::ranges::sort(configs, {}, &NamedConfig::first);
  return configs;
}

}  // namespace wsel::model
