#include "processor_name.h"

#include <sys/utsname.h>

#include <fstream>

#include "wsel/core/escape_text.h"

namespace wsel::session {

std::string ProcessorName() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("model name")) continue;
    const size_t colon = line.find(':');
    const size_t begin = colon == std::string::npos
                             ? colon
                             : line.find_first_not_of(" \t", colon + 1);
    if (begin != std::string::npos) {
      return EscapeText(line.substr(begin));
    }
  }
  utsname system{};
  if (uname(&system) != 0) return "an unknown processor";
  return std::string("a processor of ") + system.machine;
}

}  // namespace wsel::session
