// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/sweep/run_record.h"

namespace wsel::sweep {

// The folder of a sweep:
//   sweep.json             the sweep as it was given
//   runs/SLUG-DIGEST/      one run: run.json, recipe.json, output.txt, and what
//                          `wsel train` writes
//   by-name/SLUG           links to them
//   students/DIGEST.*      starts made by `wsel init`, shared by runs
//   cache/                 what runs share: see recipe data.cache_dir
class SweepFolder {
 public:
  explicit SweepFolder(std::filesystem::path root) : root_(std::move(root)) {}

  // Makes the folder, or finds it made by the same sweep. Errors: kIo; kConfig
  // where it is another sweep's, or holds anything but a sweep.
  void Claim(const std::string& name, const std::string& json) const;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path run(const std::string& name) const {
    return root_ / "runs" / name;
  }
  std::filesystem::path output(const std::string& run) const;
  // Locked while a process has the run (file_lock.h).
  std::filesystem::path lock(const std::string& run) const;
  std::filesystem::path students() const { return root_ / "students"; }
  std::filesystem::path cache() const { return root_ / "cache"; }

  // Makes the run's folder and its name's link. Errors: kIo.
  void MakeRun(const PlannedRun& run) const;
  // Nothing where the run has not begun. Errors: kIo, kFormat.
  std::optional<RunRecord> Read(const std::string& run) const;
  // Errors: kIo.
  void Write(const std::string& run, const RunRecord& record) const;

  // Names of the runs that have begun, sorted.
  std::vector<std::string> Runs() const;

 private:
  std::filesystem::path root_;
};

}  // namespace wsel::sweep
