#include "wsel/session/eval_request.h"

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

}  // namespace wsel::session
