// Torch-free.
#pragma once

#include <cstdint>

namespace wsel {

// How much more memory this program held at its worst, since this object was
// made, than it held then: what operator new gave and delete did not take
// back. Of one object at a time, and one thread.
class LivePeak {
 public:
  LivePeak();
  uint64_t bytes() const;

 private:
  uint64_t before_;
};

}  // namespace wsel
