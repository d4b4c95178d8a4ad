// Torch-free.
#pragma once

namespace wsel::pretrained {

// Keys of the metadata in files that this program writes.

// The model's config, as JSON,
inline constexpr const char* kModelKey = "wsel.model";
// or, of a model without a config, its sizes (select/plan.h).
inline constexpr const char* kGenericKey = "wsel.generic_model";
// What the weights were trained on, as JSON: per-channel mean and std of the
// images, class names.
inline constexpr const char* kMeanKey = "wsel.mean";
inline constexpr const char* kStdKey = "wsel.std";
inline constexpr const char* kClassesKey = "wsel.classes";

}  // namespace wsel::pretrained
