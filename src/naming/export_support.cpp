#include "wsel/naming/export_support.h"

#include <fmt/format.h>

#include "library_names.h"
#include "wsel/core/error.h"
#include "wsel/model/forward_differences.h"

namespace wsel::naming {

void RequireExportable(const model::Config& config, Naming naming) {
  if (naming == Naming::kTimm) return;
  const std::string what =
      WithNames(config, [&](const auto& names, const auto& c) {
        return names.inexpressible(c, naming);
      });
  if (what.empty()) return;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              fmt::format("{}, which --naming {} cannot express; --naming timm "
                          "can",
                          what, Namings().NameOf(naming)));
}

std::vector<std::string> DifferencesOnceExported(const model::Config& config,
                                                 Naming naming) {
  if (naming == Naming::kTimm) return {};
  return WithNames(config, [&](const auto& names, auto built) {
    names.build_as(built, naming);
    return ForwardDifferences(config, built);
  });
}

nlohmann::ordered_json HfModel(const std::string& type,
                               const std::string& architecture,
                               const nlohmann::ordered_json& sizes) {
  nlohmann::ordered_json json = {{"model_type", type},
                                 {"architectures", {architecture}}};
  json.update(sizes);
  return json;
}

std::string HfConfig(const model::Config& config) {
  return WithNames(config, [](const auto& names, const auto& c) {
    return names.hf_config(c).dump(2) + "\n";
  });
}

}  // namespace wsel::naming
