// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsel {

// The known name nearest to `name` by edit distance (insert, delete, replace,
// swap of neighbours), or nothing if more than a third of the longer name would
// have to change. A known name that starts with `name` always qualifies.
std::optional<std::string> Nearest(std::string_view name,
                                   const std::vector<std::string>& known);

// "unknown model 'vit_tini': did you mean 'vit_tiny'?", or, if no name is near,
// up to 16 known names: "unknown method 'x'; known: uniform, random".
std::string Unknown(std::string_view kind, std::string_view name,
                    const std::vector<std::string>& known);

}  // namespace wsel
