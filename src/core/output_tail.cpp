#include "wsel/core/output_tail.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace wsel {
namespace {

constexpr std::streamoff kMaxBytes = 64 * 1024;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    // A progress bar redraws its line after a carriage return.
    const size_t redrawn = line.rfind('\r');
    lines.push_back(redrawn == std::string::npos ? line
                                                 : line.substr(redrawn + 1));
  }
  return lines;
}

}  // namespace

std::string Tail(const std::filesystem::path& file, size_t lines) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return "";
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kMaxBytes));
  std::ostringstream text;
  text << in.rdbuf();
  const auto all = Lines(text.str());
  std::string tail;
  for (size_t i = all.size() - std::min(all.size(), lines); i < all.size();
       ++i) {
    tail += all[i] + "\n";
  }
  return tail;
}

std::string LastError(const std::string& output) {
  const auto lines = Lines(output);
  const std::string prefix = "wsel: ";
  for (size_t i = lines.size(); i-- > 0;) {
    if (lines[i].starts_with(prefix)) return lines[i].substr(prefix.size());
  }
  for (size_t i = lines.size(); i-- > 0;) {
    if (lines[i].find_first_not_of(' ') != std::string::npos) return lines[i];
  }
  return "no output";
}

}  // namespace wsel
