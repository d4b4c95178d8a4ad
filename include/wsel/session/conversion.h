// Torch-free.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/naming/export.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/tensor/dtype.h"

namespace wsel::session {

// What tensors can be cast to: float32, float16, bfloat16, float64.
const Registry<DType>& CastDTypes();

struct ConversionOptions {
  std::optional<model::Config> model = {};  // if it is not the detected one
  naming::Naming naming = naming::Naming::kTimm;
  std::optional<DType> dtype = {};  // nullopt: no cast
  // With kTimm: config.json too, so that the folder is one of the Hub.
  bool hub = false;
};

// Checks what can be checked before the checkpoint is opened: both names are
// given, the output's container is known, and it is not the input. Errors:
// kUsage.
void CheckConversion(const std::string& input, const std::string& output,
                     const ConversionOptions& options);

// A checkpoint of a known model under another library's names, or cast.
class Conversion {
 public:
  // `checkpoint` must outlive the conversion. Warns if the library's model
  // computes something else with these weights. Errors: as pretrained::FactsOf
  // and RequireKnownHeads, naming::Export, RequireExportable, HfConfig and
  // TimmConfig; kMismatch for missing and unexpected keys.
  Conversion(const pretrained::PretrainedCheckpoint& checkpoint,
             const ConversionOptions& options);

  const model::Config& model() const { return facts_.model; }
  size_t num_tensors() const { return specs_.size(); }

  // Errors: kUsage if a file beside `output` that is to be written is there for
  // another model.
  void CheckOutput(const std::filesystem::path& output) const;

  // Writes it, with the original's provenance and its own as metadata, and
  // beside it what the library needs to build it. `command` is the whole
  // command line. Errors: as checkpoint::Write.
  void Write(const std::filesystem::path& output,
             const std::string& command) const;

 private:
  const pretrained::PretrainedCheckpoint& checkpoint_;
  pretrained::Facts facts_;
  std::map<std::string, std::string> hub_files_;  // by name
  std::unique_ptr<TensorSource> renamed_;
  std::vector<TensorSpec> specs_;
};

}  // namespace wsel::session
