#include "wsel/run/log.h"

#include "log_lines.h"

namespace wsel::run {

Log ReadLog(const std::filesystem::path& path) {
  return StartsWithBrace(path) ? ReadOfficialLog(path) : ReadSummaryCsv(path);
}

}  // namespace wsel::run
