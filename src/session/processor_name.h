// Torch-free.
#pragma once

#include <string>

namespace wsel::session {

// This machine's processor, as Linux names it ("model name" of /proc/cpuinfo);
// on others its instruction set, as uname gives it.
std::string ProcessorName();

}  // namespace wsel::session
