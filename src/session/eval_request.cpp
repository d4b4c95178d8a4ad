#include "wsel/session/eval_request.h"

#include <string>
#include <utility>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/same_file.h"

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
  std::vector<std::pair<const char*, std::string>> taken = {
      {"the checkpoint", job.request.checkpoint.file}};
  for (const auto& [name, output] :
       {std::pair("`predictions`", files.predictions),
        std::pair("`confusion`", files.confusion),
        std::pair("`per_class`", files.per_class)}) {
    if (output.empty()) continue;
    for (const auto& [other, file] : taken) {
      if (!SameFile(file, output)) continue;
      throw Error(ErrorKind::kUsage, output,
                  "is also {}; choose another output", other);
    }
    taken.emplace_back(name, output);
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
