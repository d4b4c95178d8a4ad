#include "wsel/image/channels.h"

#include "wsel/core/error.h"

namespace wsel::image {

void RequireReadable(int64_t in_chans, std::string_view where) {
  if (in_chans == 1 || in_chans == 3) return;
  throw Error(ErrorKind::kConfig, where,
              "takes images of {} channels (in_chans); images are only read "
              "with 3 channels (RGB) or 1 (grey)",
              in_chans);
}

}  // namespace wsel::image
