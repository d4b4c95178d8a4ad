// Torch-free.
#pragma once

#include <optional>
#include <string>

#include "wsel/model/config.h"

namespace wsel::session {

// A model as given on the command line: a variant or a JSON file, with fields
// overridden by options.
struct ModelOptions {
  std::string model;  // "vit_tiny", "ViT-T", "my_model.json"
  std::optional<HeightWidth> img_size;
  std::optional<int64_t> patch_size;
  std::optional<int64_t> in_chans;
  std::string depth;      // one per stage: "6", "2,2,6,2"
  std::string embed_dim;  // the same
  std::optional<int64_t> num_heads;
  std::optional<int64_t> num_classes;
};

// The model with its overrides, which are appended to its name
// ("vit_tiny_patch16_224+depth6"). Errors: kUsage for an unknown name or a flag
// that the family lacks; kIo, kConfig for the file; kConfig for an invalid
// model.
model::Config Resolve(const ModelOptions& options);

// The model with its overrides, which may not fit each other: Resolve checks
// that. `options.model` is not used. Errors: kUsage for a flag that the family
// lacks or numbers that are none.
model::Config Overridden(model::Config model, const ModelOptions& options);

// The model of a variant's name, a JSON file or its contents. Errors: as
// Resolve.
model::Config NamedModel(const std::string& name);

// Whether that is a file that gives the number of classes. Errors: as Resolve.
bool GivesNumClasses(const std::string& name);

}  // namespace wsel::session
