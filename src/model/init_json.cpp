#include "wsel/model/init_json.h"

#include <array>

#include "wsel/core/json_object.h"
#include "wsel/core/registry.h"

namespace wsel::model {
namespace {

const Registry<InitKind>& Kinds() {
  static constexpr std::array<Registered<InitKind>, 7> kRows = {{
      {InitKind::kConstant, "constant", ""},
      {InitKind::kNormal, "normal", ""},
      {InitKind::kTruncNormal, "trunc_normal", ""},
      {InitKind::kUniform, "uniform", ""},
      {InitKind::kSinCos, "sin_cos", ""},
      {InitKind::kMimeticQkv, "mimetic_qkv", ""},
      {InitKind::kMimeticProj, "mimetic_proj", ""},
  }};
  static constexpr Registry<InitKind> kRegistry("initialiser", kRows);
  return kRegistry;
}

}  // namespace

std::string ToJson(const Init& init) {
  nlohmann::ordered_json json = {{"kind", Kinds().NameOf(init.kind)}};
  if (init.value != 0) json["value"] = init.value;
  if (init.bound != 0) json["bound"] = init.bound;
  if (init.heads != 0) json["heads"] = init.heads;
  return json.dump();
}

Init InitFromJson(std::string_view text, std::string_view where) {
  const auto root = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject json(root, std::string(where), ErrorKind::kFormat);
  Init init;
  init.kind = Kinds().Find(json.Get<std::string>("kind"), json.PathOf("kind"),
                           ErrorKind::kFormat);
  init.value = json.GetOr<double>("value", 0);
  init.bound = json.GetOr<double>("bound", 0);
  init.heads = json.GetOr<int64_t>("heads", 0);
  json.Finish();
  return init;
}

}  // namespace wsel::model
