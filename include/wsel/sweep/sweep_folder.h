// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/run/file_names.h"
#include "wsel/run/run_record.h"
#include "wsel/sweep/expand.h"

namespace wsel::sweep {

// The folder of a sweep:
//   sweep.json             the sweep file
//   runs/SLUG-DIGEST/      one run: run.json, recipe.json, output.txt, and what
//                          `wsel train` writes
//   by-name/SLUG           links to the runs
//   students/DIGEST.*      initial checkpoints by `wsel init`, shared by runs
//   cache/                 shared by runs: see the recipe's data.cache_dir
class SweepFolder {
 public:
  explicit SweepFolder(std::filesystem::path root) : root_(std::move(root)) {}

  // Creates the folder, or accepts the same sweep's. Errors: kIo; kConfig if it
  // belongs to another sweep, or contains something other than a sweep.
  void Claim(const std::string& name, const std::string& json) const;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path run(const std::string& name) const {
    return root_ / run::kRunsFolder / name;
  }
  std::filesystem::path output(const std::string& name) const {
    return run(name) / run::kOutputFile;
  }
  // Locked while a process works on the run (file_lock.h).
  std::filesystem::path lock(const std::string& name) const {
    return run(name) / run::kSweepLockFile;
  }
  std::filesystem::path students() const { return root_ / "students"; }
  std::filesystem::path cache() const { return root_ / "cache"; }

  // Creates the run's folder and the link to it. Errors: kIo.
  void MakeRun(const PlannedRun& run) const;
  // Empty if the run has no record. Errors: kIo, kFormat.
  std::optional<run::RunRecord> Read(const std::string& run) const;
  // Errors: kIo.
  void Write(const std::string& run, const run::RunRecord& record) const;

  // Names of the runs that have a record, sorted.
  std::vector<std::string> Runs() const;

 private:
  std::filesystem::path root_;
};

}  // namespace wsel::sweep
