#include "wsel/report/log.h"

#include <fstream>

namespace wsel::report {

Log ReadLog(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  char first = 0;
  file >> std::ws >> first;
  // A file that cannot be read is told by the reader.
  return first == '{' ? ReadOfficialLog(path) : ReadSummaryCsv(path);
}

}  // namespace wsel::report
