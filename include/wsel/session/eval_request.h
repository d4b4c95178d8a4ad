// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/core/registry.h"
#include "wsel/data/options.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/pretrained/classes.h"
#include "wsel/session/rank_options.h"
#include "wsel/train/options.h"

namespace wsel::session {

// Test-time augmentation: the views of each image that logits are averaged
// over.
enum class TestViews {
  kNone,   // the image
  kHflip,  // and its mirror image
};
// none, hflip
const Registry<TestViews>& AllTestViews();

// Which classes a prediction may be, if the data set has only some of the
// checkpoint's.
enum class Among {
  kAuto,     // all, where that is usual: see SomeClassesOf; else an error
  kAll,      // all of the checkpoint's
  kDataset,  // the data set's
};
// auto, all, dataset
const Registry<Among>& Amongs();

// A checkpoint to evaluate on a data set's test split.
struct EvalRequest {
  pretrained::CheckpointRequest checkpoint;
  pretrained::ClassOrder class_order = pretrained::ClassOrder::kNames;
  data::DataOptions data;
  int64_t batch_size = 0;  // images; 0: what fits into free memory
  // kAuto: that of the run that trained the weights, if the device is fit for
  // it.
  train::Precision precision = train::Precision::kAuto;
  TestViews views = TestViews::kNone;
  Among among = Among::kAuto;
};

// Files that `wsel eval` writes beside its result; "": not asked for.
struct EvalFiles {
  std::string predictions;     // one JSON line per image
  bool logits = false;         // in it
  bool probabilities = false;  // in it, of all classes
  std::string confusion;       // CSV
  std::string per_class;       // CSV
};

// An evaluation as given on the command line.
struct EvalJob {
  EvalRequest request;
  std::string device = "auto";
  int threads = 0;  // 0: one per core
  RankOptions ranks;
  EvalFiles files;
  bool ece = false;  // the expected calibration error is asked for
};

// Checks what can be checked before any file is read. Errors: kUsage.
void CheckEvalJob(const EvalJob& job);
// What has no meaning where images have several labels. Errors: kUsage.
void CheckMultiLabel(const EvalJob& job);

}  // namespace wsel::session
