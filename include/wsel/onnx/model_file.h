// Torch-free.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "wsel/onnx/graph.h"

namespace wsel::onnx {

// Writes the graph as one ONNX file, weights included, replaced atomically.
// `metadata` becomes metadata_props. Equal arguments give equal bytes. `verify`
// is as in AtomicFile::Commit. Errors: kIo; kMismatch if the file would exceed
// 2 GiB, protobuf's limit.
void WriteModel(
    const std::filesystem::path& path, const Graph& graph,
    const std::map<std::string, std::string>& metadata,
    const std::function<void(const std::filesystem::path&)>& verify = nullptr);

}  // namespace wsel::onnx
