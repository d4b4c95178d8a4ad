// Torch-free.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "wsel/sweep/run_record.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::cli {

// How a sweep under way looks on stderr: on a terminal a line for each run that
// is under way and one for all, drawn anew each second; elsewhere a line at
// each change, and each half minute for what is under way.
class SweepView {
 public:
  SweepView(const sweep::SweepFolder& folder, size_t runs);

  void Refresh();
  void Changed(const std::string& run, const sweep::RunRecord& record);
  // Takes the drawn lines off the screen.
  void Clear();

 private:
  void Draw();

  const sweep::SweepFolder& folder_;
  size_t runs_;
  bool redraws_;
  size_t drawn_ = 0;  // lines on the screen
  std::chrono::steady_clock::time_point last_;
  std::map<std::string, sweep::RunRecord> seen_;
};

// A line for each run of a sweep's folder that has begun, and their count by
// state, on stdout. Errors: kIo where there is no sweep; kFormat.
void PrintStatus(const std::string& folder);

}  // namespace wsel::cli
