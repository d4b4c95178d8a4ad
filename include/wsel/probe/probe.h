#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wsel/data/dataset.h"
#include "wsel/probe/features.h"
#include "wsel/probe/linear_probe.h"
#include "wsel/probe/options.h"

namespace wsel::probe {

// Errors: kConfig, naming the field.
void Validate(const ProbeOptions& options);

// Errors: kMismatch for a training split, called `name`, that no classifier can
// be fitted to: of one class or one image.
void CheckSplit(std::string_view name, int64_t classes, int64_t num_images);

struct ProbeResult {
  int64_t num_features = 0;
  double top1 = 0;                   // percent, on the test split
  std::optional<double> train_top1;  // nullopt if options.augment
  // Corrupt images; with options.augment each time they were met.
  int64_t train_skipped = 0;
  int64_t test_skipped = 0;
};

// Fits a classifier to the training split and evaluates it on the test split.
// The options pass Validate, the training split CheckSplit. Memory holds the
// training features once, and no others. Errors: as ComputeFeatures,
// FitLogistic.
ProbeResult FitProbe(const data::Dataset& train, const data::Dataset& test,
                     const FeatureExtractor& extractor,
                     const ProbeOptions& options,
                     const OnProgress& on_progress = nullptr);

}  // namespace wsel::probe
