// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wsel/report/study.h"

namespace wsel::report {

// Of sweep.json what tables need: its name, unless `name` is said already; the
// axes with their labels in order, added to `axes`; and the section "report",
// {"rows": ["init"], "columns": ["data"], "baseline": "random"}. Errors: kIo;
// kConfig in that section; kFormat.
void ReadSweepJson(const std::filesystem::path& path, std::vector<Axis>& axes,
                   Wish& wish, std::string& name);

}  // namespace wsel::report
