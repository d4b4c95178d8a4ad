#pragma once

#include <ATen/Parallel.h>

#include <mutex>

namespace wsel {

// While it lives, LibTorch's operators compute with one thread. LAPACK's last
// bits depend on the number of threads, and with several of them even differ
// from run to run, so a decomposition runs on one if its result is written. The
// number is global to LibTorch, hence one decomposition at a time.
class SingleThreadGuard {
 public:
  SingleThreadGuard() : lock_(mutex_), before_(at::get_num_threads()) {
    at::set_num_threads(1);
  }
  ~SingleThreadGuard() { at::set_num_threads(before_); }
  SingleThreadGuard(const SingleThreadGuard&) = delete;
  SingleThreadGuard& operator=(const SingleThreadGuard&) = delete;

 private:
  static inline std::mutex mutex_;
  std::lock_guard<std::mutex> lock_;
  int before_;
};

}  // namespace wsel
