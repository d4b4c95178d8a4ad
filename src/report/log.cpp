#include "wsel/report/log.h"

#include "log_lines.h"

namespace wsel::report {

Log ReadLog(const std::filesystem::path& path) {
  return StartsWithBrace(path) ? ReadOfficialLog(path) : ReadSummaryCsv(path);
}

}  // namespace wsel::report
