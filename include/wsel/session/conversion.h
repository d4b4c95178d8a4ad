// Torch-free.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/naming/export.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/tensor/dtype.h"

namespace wsel::session {

// A checkpoint of a known model under another library's names, or cast.
class Conversion {
 public:
  // `dtype`: nullopt for no cast. `checkpoint` must outlive the conversion.
  // Warns if the library's model computes something else with these weights.
  // Errors: as pretrained::RequireModel and RequireKnownHeads, naming::Export
  // and RequireExportable; kMismatch for missing keys.
  Conversion(const pretrained::PretrainedCheckpoint& checkpoint,
             naming::Naming naming, std::optional<DType> dtype);

  const model::Config& model() const { return checkpoint_.model->config; }
  size_t num_tensors() const { return specs_.size(); }

  // Errors: kUsage if the config.json beside `output` is another model's.
  void CheckOutput(const std::filesystem::path& output) const;

  // Writes it, with the original's provenance and its own as metadata, and for
  // Hugging Face config.json beside it. `command` is the whole command line.
  // Errors: as checkpoint::Write.
  void Write(const std::filesystem::path& output,
             const std::string& command) const;

 private:
  const pretrained::PretrainedCheckpoint& checkpoint_;
  std::string hf_config_;  // the config.json; "": none
  std::unique_ptr<TensorSource> renamed_;
  std::vector<TensorSpec> specs_;
};

}  // namespace wsel::session
