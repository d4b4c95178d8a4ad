// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "wsel/report/run.h"

namespace wsel::report {

// Readers of a run's files other than its log; each fills its part of `run`.

// config.json, flattened; also the seed and epochs. Errors: kIo, kFormat.
void ReadConfig(const std::filesystem::path& path, Run& run);

// run.json, written by a sweep: settings, seed, state. Errors: kIo, kFormat.
void ReadRecord(const std::filesystem::path& path, Run& run);

// The metadata of the initial checkpoint and of the last weights, if the files
// still exist; one that cannot be read adds a note to the log.
void ReadProvenance(const std::filesystem::path& folder, Run& run);

// The name of a folder, whatever its spelling ("runs/a/", ".").
std::string FolderName(const std::filesystem::path& folder);

}  // namespace wsel::report
