#include "wsel/session/eval_request.h"

namespace wsel::session {

const Registry<TestViews>& AllTestViews() {
  static constexpr Registered<TestViews> kRows[] = {
      {TestViews::kNone, "none"}, {TestViews::kHflip, "hflip"}};
  static constexpr Registry<TestViews> kRegistry("views", kRows);
  return kRegistry;
}

}  // namespace wsel::session
