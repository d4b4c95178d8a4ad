#include "wsel/core/output_tail.h"

#include <algorithm>
#include <fstream>
#include <span>
#include <sstream>
#include <vector>

namespace wsel {
namespace {

constexpr std::streamoff kMaxBytes = std::streamoff{64} << 10;

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
  for (const std::string& line :
       std::span(all).last(std::min(all.size(), lines))) {
    tail += line + "\n";
  }
  return tail;
}

std::string LastError(const std::string& output) {
  auto lines = Lines(output);
  std::ranges::reverse(lines);
  const std::string prefix = "wsel: ";
  for (const std::string& line : lines) {
    if (line.starts_with(prefix)) return line.substr(prefix.size());
  }
  for (const std::string& line : lines) {
    if (line.find_first_not_of(' ') != std::string::npos) return line;
  }
  return "no output";
}

}  // namespace wsel
