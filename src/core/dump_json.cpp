#include "wsel/core/dump_json.h"

#include <nlohmann/json.hpp>

namespace wsel {

std::string DumpJson(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace wsel
