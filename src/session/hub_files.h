// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "wsel/naming/export.h"
#include "wsel/pretrained/facts.h"

namespace wsel::session {

// The files that a library needs beside converted weights to build the model
// and to prepare its images, by name. Hugging Face's: config.json and
// preprocessor_config.json; timm's, for a folder as on the Hub: config.json
// with pretrained_cfg; none for others. `classes`: the names of the outputs, if
// known. Errors: kMismatch for a model that these cannot describe.
std::map<std::string, std::string> HubFiles(
    const pretrained::Facts& facts, const std::vector<std::string>& classes,
    naming::Naming naming);

}  // namespace wsel::session
