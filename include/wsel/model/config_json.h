// Torch-free.
#pragma once

#include <string>
#include <string_view>

#include "wsel/core/error.h"
#include "wsel/model/config.h"

namespace wsel::model {

// The config as one line of JSON with every field, "family" first.
std::string ToJson(const Config& config);

// Reads what ToJson wrote, or what a user wrote: {"base": "vit_tiny", "depth":
// 6}, where "base" names a variant and other keys override it; without "base"
// a "family" ("vit" or "convnext") is needed. Keys are the fields of the config
// structs. Errors: `kind`, with the JSON path; unknown keys come with the
// nearest known one.
Config ConfigFromJson(std::string_view text, std::string_view where,
                      ErrorKind kind);

}  // namespace wsel::model
