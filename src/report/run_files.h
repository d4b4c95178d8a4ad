// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "wsel/report/run.h"

namespace wsel::report {

// The files of a run's folder beside its log; each fills its part of `run`.

// config.json, flattened; seed and epochs. Errors: kIo, kFormat.
void ReadConfig(const std::filesystem::path& path, Run& run);

// run.json, which a sweep writes: settings, seed, state. Errors: kIo, kFormat.
void ReadRunJson(const std::filesystem::path& path, Run& run);

// The metadata of the weights that the run began with and has written, where
// those files are still there; one that cannot be read is a note of the log.
void ReadProvenance(const std::filesystem::path& folder, Run& run);

// Errors: kFormat at `where`, with the nearest known.
RunState FindState(std::string_view name, std::string_view where);

// The name of a folder, however it was given ("runs/a/", ".").
std::string FolderName(const std::filesystem::path& folder);

}  // namespace wsel::report
