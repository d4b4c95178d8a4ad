// Torch-free.
#pragma once

#include <map>
#include <set>
#include <string>

namespace wsel::sweep {

// The text with every {name} replaced by its entry in `values`; names that
// occur are added to `used`. Errors: kConfig at `where` for an unknown name,
// with the nearest known one.
std::string FillTemplate(const std::string& text,
                         const std::map<std::string, std::string>& values,
                         const std::string& where, std::set<std::string>& used);

}  // namespace wsel::sweep
