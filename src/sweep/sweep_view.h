// Torch-free.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "wsel/run/run_record.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::sweep {

// Progress of a running sweep on stderr. On a terminal: one line per running
// run and a summary, redrawn every second. Otherwise: one line per state
// change, and every 30 seconds one per running run.
class SweepView {
 public:
  SweepView(const SweepFolder& folder, size_t runs);

  void Refresh();
  void Changed(const std::string& run, const run::RunRecord& record);
  // Erases the drawn lines.
  void Clear();

 private:
  void Draw();

  const SweepFolder& folder_;
  size_t runs_;
  bool redraws_;
  size_t drawn_ = 0;  // lines on the screen
  std::chrono::steady_clock::time_point last_;
  std::map<std::string, run::RunRecord> seen_;
};

}  // namespace wsel::sweep
