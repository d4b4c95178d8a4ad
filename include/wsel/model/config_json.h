// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/model/config.h"

namespace wsel::model {

// The config as one line of JSON with every field, "family" first.
std::string ToJson(const Config& config);

// Reads the output of ToJson, or a user's config such as {"base": "vit_tiny",
// "depth": 6}: "base" names a variant and the other keys override its fields;
// without "base", "family" ("vit" or "convnext") is required. Keys are the
// fields of the config structs. Errors: `kind`, with the JSON path; for an
// unknown key the nearest known one is suggested.
Config ConfigFromJson(std::string_view text, std::string_view where,
                      ErrorKind kind);

// A key of ToJson's output, other than "family" and "name".
struct ConfigKey {
  std::string key;  // "norm"
  // The choices of a name, and the default as JSON, of each family that has the
  // key: "vit: layer|rms, default layer; convnext, default ...".
  std::string about;
};
// Those of all families, in the order in which they are written.
std::vector<ConfigKey> ConfigKeys();

}  // namespace wsel::model
