// Torch-free.
#pragma once

#include <map>
#include <set>
#include <string>

namespace wsel::sweep {

// The text with every {name} replaced by what `values` has for it; names that
// were used are noted in `used`. Errors: kConfig at `where` for a name that is
// unknown, with the nearest.
std::string FillTemplate(const std::string& text,
                         const std::map<std::string, std::string>& values,
                         const std::string& where, std::set<std::string>& used);

}  // namespace wsel::sweep
