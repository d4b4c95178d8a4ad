// Torch-free.
#pragma once

#include <map>
#include <string>

#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// The metadata of a file that holds a checkpoint's weights in another form
// (run/metadata_keys.h): its provenance, and what is known of it (mean, std,
// classes), then the original's name, size and digest. `facts` are the
// checkpoint's, with what the user gives; `command` is the whole command line.
// Errors: as AddClassNames; kIo.
std::map<std::string, std::string> ProvenanceOf(
    const PretrainedCheckpoint& checkpoint, const Facts& facts,
    const std::string& command);

}  // namespace wsel::pretrained
