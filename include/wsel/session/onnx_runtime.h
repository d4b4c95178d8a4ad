// Torch-free.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "wsel/core/scratch_folder.h"

namespace wsel::session {

// Python's onnxruntime, in which files are verified.

// Errors: kIo if `python` cannot be executed, or cannot import onnxruntime.
void RequireOnnxRuntime(const std::string& python);

// Runs the files of a job, folder / "job.json", as src/session/verify_script.h
// has it. Returns what it measured. Errors: as RequireOnnxRuntime; kIo, naming
// `output`, if onnxruntime fails on a file.
nlohmann::ordered_json RunInOnnxRuntime(const std::string& python,
                                        const ScratchFolder& folder,
                                        const std::filesystem::path& output);

}  // namespace wsel::session
