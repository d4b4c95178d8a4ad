// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wsel/report/experiment.h"

namespace wsel::report {

// Reads what tables need of sweep.json: its name, unless `name` is set; the
// axes with their labels, in order, appended to `axes`; and section "report",
// {"rows": ["init"], "columns": ["data"], "baseline": "random"}. Errors: kIo;
// kConfig in that section; kFormat.
void ReadSweepJson(const std::filesystem::path& path, std::vector<Axis>& axes,
                   TableOptions& table, std::string& name);

}  // namespace wsel::report
