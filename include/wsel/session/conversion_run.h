// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "wsel/naming/remap_state_dict.h"
#include "wsel/session/conversion.h"

namespace wsel::session {

// A conversion as given on the command line.
struct ConversionRequest {
  std::string input;
  std::string output;
  naming::CopyChoice copy;
  int64_t num_heads = 0;  // of a ViT; 0: the file's
  ConversionOptions options;
};

// A written checkpoint.
struct ConvertedFile {
  std::string output;
  uint64_t size = 0;       // bytes
  std::string from;        // the input's source library
  std::string naming;      // of the output
  size_t num_tensors = 0;  // written
  size_t num_ignored = 0;  // of the input
  std::string model;
};

// Opens the checkpoint, renames and casts its tensors, and writes them.
// `command` is the whole command line. Errors: as CheckConversion,
// pretrained::Open and Conversion.
ConvertedFile Convert(const ConversionRequest& request,
                      const std::string& command);

nlohmann::ordered_json ToJson(const ConvertedFile& file);

}  // namespace wsel::session
