// Torch-free.
#pragma once

#include <string>
#include <string_view>

#include "wsel/model/init.h"

namespace wsel::model {

// {"kind": "trunc_normal", "value": 0.02, "bound": 2}; zero fields are omitted.
std::string ToJson(const Init& init);
// Errors: kFormat, with the JSON path.
Init InitFromJson(std::string_view text, std::string_view where);

}  // namespace wsel::model
