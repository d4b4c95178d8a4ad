#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "temp_folder.h"
#include "wsel/distributed/process_group.h"

namespace wsel::distributed {

// Runs `body` on `size` ranks, which are threads of this process and meet at a
// file. Throws what the lowest of the ranks that failed threw.
inline void RunRanks(int size, const std::function<void(ProcessGroup&)>& body) {
  const TempFolder folder;
  std::vector<std::exception_ptr> errors(static_cast<size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        ProcessGroup group({.rank = rank, .size = size, .launch_id = "test"},
                           {.folder = folder.path()});
        body(group);
        group.Barrier();
      } catch (...) {
        errors[static_cast<size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace wsel::distributed
