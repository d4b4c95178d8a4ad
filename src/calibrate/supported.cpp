#include "wsel/calibrate/supported.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <variant>

#include "wsel/core/error.h"
#include "wsel/model/rare_forms.h"

namespace wsel::calibrate {

void RequireSupported(const model::Config& config) {
  const auto* vit = std::get_if<model::VitConfig>(&config);
  if (vit == nullptr) return;
  auto forms = model::RareForms(*vit);
  if (!vit->proj_bias) forms.emplace_back("no biases in attn.proj and the MLP");
  if (forms.empty()) return;
  throw Error(ErrorKind::kMismatch, "calibrate",
              "runs a teacher layer by layer, and {} has {}, which it does not "
              "support; leave it out, or select by weights (`method` uniform)",
              NameOf(config), fmt::join(forms, ", "));
}

}  // namespace wsel::calibrate
