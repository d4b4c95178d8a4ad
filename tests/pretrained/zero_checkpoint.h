// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {

// A ViT of 8 channels, one block and two classes.
inline model::VitConfig SmallVit() {
  model::VitConfig config;
  config.name = "small";
  config.img_size = 16;
  config.patch_size = 8;
  config.embed_dim = 8;
  config.depth = 1;
  config.num_heads = 2;
  config.num_classes = 2;
  return config;
}

// Writes tensors of zeros, of up to 65536 bytes each.
inline void WriteZeros(
    const std::filesystem::path& path, const std::vector<TensorSpec>& specs,
    const std::map<std::string, std::string>& metadata = {}) {
  const std::vector<std::byte> zeros(1 << 16);
  checkpoint::Write(
      path.string(), specs,
      [&](size_t i) { return std::span(zeros).first(*ByteCount(specs[i])); },
      metadata);
}

// Writes a.safetensors, a model whose parameters are zeros, with this metadata,
// and opens it.
inline PretrainedCheckpoint ZeroCheckpoint(
    const TempFolder& folder, const model::Config& config,
    std::map<std::string, std::string> metadata = {}) {
  metadata[run::kModelKey] = model::ToJson(config);
  std::vector<TensorSpec> specs;
  for (const auto& parameter : ParameterSpecs(config)) {
    specs.push_back(parameter.spec);
  }
  WriteZeros(folder / "a.safetensors", specs, metadata);
  return Open((folder / "a.safetensors").string());
}

}  // namespace wsel::pretrained
