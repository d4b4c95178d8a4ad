// Torch-free.
#pragma once

#include <cstddef>
#include <functional>

namespace wsel {

// Calls body(0) ... body(count - 1), each once, on up to `threads` threads
// (0: one per processor), in no fixed order, and returns when all are done.
// Once a body throws, no further one starts. Of several exceptions that of the
// smallest index is rethrown, so the error does not depend on timing.
void ParallelFor(size_t count, const std::function<void(size_t)>& body,
                 size_t threads = 0);

}  // namespace wsel
