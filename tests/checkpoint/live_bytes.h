// Torch-free.
#pragma once

#include <cstdint>

namespace wsel {

// The peak of live heap memory (operator new) since this object was created,
// relative to what was live then. Use one object at a time, from one thread.
class LivePeak {
 public:
  LivePeak();
  uint64_t bytes() const;

 private:
  uint64_t before_;
};

}  // namespace wsel
