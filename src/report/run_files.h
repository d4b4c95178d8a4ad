// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/report/experiment.h"

namespace wsel::report {

// Readers of the files of runs, other than logs, each of which fills its part
// of `run`, and of sweeps.

// config.json, flattened; also the seed, epochs and patience. Errors: kIo,
// kFormat.
void ReadConfig(const std::filesystem::path& path, Run& run);

// test.json: the best weights on the test images. Errors: kIo, kFormat.
void ReadTest(const std::filesystem::path& path, Run& run);

// confusion.csv of up to 20 classes; one that cannot be read adds a note to the
// log.
void ReadConfusion(const std::filesystem::path& path, Run& run);

// run.json, written by a sweep: settings, seed, state. Errors: kIo, kFormat.
void ReadRecord(const std::filesystem::path& path, Run& run);

// The metadata of the initial checkpoint and of the last weights, if the files
// still exist; one that cannot be read adds a note to the log.
void ReadProvenance(const std::filesystem::path& folder, Run& run);

// What reports need of a sweep.json.
struct SweepJson {
  std::string name;        // the folder's, if the file gives none
  std::string about;       // "": not stated
  std::vector<Axis> axes;  // with their labels, in the file's order
  // Of {"report": {"rows": ["init"], "columns": ["data"], "baseline":
  // "random"}}
  std::optional<TableOptions> table;
};

// Errors: kIo; kConfig in section "report"; kFormat.
SweepJson ReadSweepJson(const std::filesystem::path& path);

// The "about" of the sweep that a run's folder lies in; "" if there is none, or
// its sweep.json cannot be read.
std::string AboutOfSweep(const std::filesystem::path& run_folder);

// The name of a folder, whatever its spelling ("runs/a/", ".").
std::string FolderName(const std::filesystem::path& folder);

}  // namespace wsel::report
