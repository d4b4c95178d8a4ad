// Torch-free.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace wsel {

// The JSON as text: on one line, or indented by `indent` spaces if that is not
// negative. Invalid UTF-8, as in the name of a file or the output of a failed
// program, becomes U+FFFD.
std::string DumpJson(const nlohmann::ordered_json& json, int indent = -1);

}  // namespace wsel
