#include "wsel/session/eval_request.h"

#include "wsel/core/error.h"

namespace wsel::session {

const Registry<TestViews>& AllTestViews() {
  static constexpr Registered<TestViews> kRows[] = {
      {TestViews::kNone, "none"}, {TestViews::kHflip, "hflip"}};
  static constexpr Registry<TestViews> kRegistry("views", kRows);
  return kRegistry;
}

const Registry<Among>& Amongs() {
  static constexpr Registered<Among> kRows[] = {
      {Among::kAuto, "auto",
       "all, for a test split by itself and for ImageNet-1k's classes"},
      {Among::kAll, "all", "all of the checkpoint's"},
      {Among::kDataset, "dataset", "those of the data set"}};
  static constexpr Registry<Among> kRegistry("classes", kRows);
  return kRegistry;
}

void CheckEvalJob(const EvalJob& job) {
  const EvalFiles& files = job.files;
  if (files.logits && files.predictions.empty()) {
    throw Error(ErrorKind::kUsage, "logits", "needs `predictions` FILE");
  }
  if (files.probabilities && files.predictions.empty()) {
    throw Error(ErrorKind::kUsage, "probabilities", "needs `predictions` FILE");
  }
  for (const std::string& output :
       {files.predictions, files.confusion, files.per_class}) {
    if (!output.empty() && output == job.request.checkpoint.file) {
      throw Error(ErrorKind::kUsage, output,
                  "is the checkpoint; choose another output");
    }
  }
}

void CheckMultiLabel(const EvalJob& job) {
  const auto fail = [](const char* field, const char* message) {
    throw Error(ErrorKind::kUsage, field, message);
  };
  if (job.ece) {
    fail("ece", "needs images with one label, and these have several");
  }
  if (!job.files.confusion.empty()) {
    fail("confusion",
         "needs images with one label, and these have several; `per_class` "
         "writes precision, recall and average precision of each class");
  }
}

}  // namespace wsel::session
