#include "wsel/model/init.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "wsel/core/json_object.h"

namespace wsel::model {
namespace {

constexpr Registered<Initializer> kInitializers[] = {
    {Initializer::kTimm, "timm"},
    {Initializer::kTruncNormal, "trunc-normal"},
    {Initializer::kXavier, "xavier"},
    {Initializer::kKaiming, "kaiming"},
    {Initializer::kMimetic, "mimetic"},
};

constexpr Registered<InitKind> kKinds[] = {
    {InitKind::kConstant, "constant"},
    {InitKind::kNormal, "normal"},
    {InitKind::kTruncNormal, "trunc_normal"},
    {InitKind::kUniform, "uniform"},
    {InitKind::kSinCos, "sin_cos"},
    {InitKind::kMimeticQkv, "mimetic_qkv"},
    {InitKind::kMimeticProj, "mimetic_proj"},
    {InitKind::kGluWeight, "glu_weight"},
    {InitKind::kGluBias, "glu_bias"},
    {InitKind::kRopeFreqs, "rope_freqs"},
};
constexpr Registry<InitKind> kKindNames("initialiser", kKinds);

std::string DescribeConstant(double value) {
  if (value == 0) return "zeros";
  if (value == 1) return "ones";
  return fmt::format("constant {:g}", value);
}

}  // namespace

const Registry<Initializer>& Initializers() {
  static constexpr Registry<Initializer> registry("method", kInitializers);
  return registry;
}

std::string Describe(const Init& init) {
  switch (init.kind) {
    case InitKind::kConstant:
      return DescribeConstant(init.value);
    case InitKind::kNormal:
      return fmt::format("normal std {:g}", init.value);
    case InitKind::kTruncNormal:
      return fmt::format("trunc normal std {:g} in +-{:g}", init.value,
                         init.bound);
    case InitKind::kUniform:
      return fmt::format("uniform in +-{:g}", init.bound);
    case InitKind::kSinCos:
      return "2-D sine-cosine";
    case InitKind::kMimeticQkv:
      return fmt::format("mimetic q, k, v of {} heads", init.heads);
    case InitKind::kMimeticProj:
      return fmt::format("mimetic projection of {} heads", init.heads);
    case InitKind::kGluWeight:
      return fmt::format("trunc normal std {:g} in +-{:g}, then std 1e-06",
                         init.value, init.bound);
    case InitKind::kGluBias:
      return "zeros, then ones";
    case InitKind::kRopeFreqs:
      return fmt::format("rotary frequencies, base {:g}", init.value);
  }
  return "?";
}

std::string ToJson(const Init& init) {
  nlohmann::ordered_json json = {{"kind", kKindNames.NameOf(init.kind)}};
  if (init.value != 0) json["value"] = init.value;
  if (init.bound != 0) json["bound"] = init.bound;
  if (init.heads != 0) json["heads"] = init.heads;
  if (init.rows != 0) json["rows"] = init.rows;
  return json.dump();
}

Init InitFromJson(std::string_view text, std::string_view where) {
  const auto root = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject json(root, std::string(where), ErrorKind::kFormat);
  Init init;
  init.kind = kKindNames.Find(json.Get<std::string>("kind"),
                              json.PathOf("kind"), ErrorKind::kFormat);
  init.value = json.GetOr<double>("value", 0);
  init.bound = json.GetOr<double>("bound", 0);
  init.heads = json.GetOr<int64_t>("heads", 0);
  init.rows = json.GetOr<int64_t>("rows", 0);
  json.Finish();
  return init;
}

bool CanDraw(const Init& init, const TensorSpec& spec) {
  const Shape& shape = spec.shape;
  const auto is_attention = [&](int64_t parts) {
    return shape.size() == 2 && shape[0] == parts * shape[1] &&
           init.heads > 0 && shape[1] % init.heads == 0 &&
           std::count(spec.name.begin(), spec.name.end(), '.') >= 2;
  };
  switch (init.kind) {
    case InitKind::kConstant:
    case InitKind::kNormal:
      return true;
    case InitKind::kTruncNormal:
      return init.value > 0 && init.bound > 0;
    case InitKind::kUniform:
      return init.bound >= 0;
    case InitKind::kSinCos: {
      if (shape.size() != 3 || shape[0] != 1 || shape[2] % 4 != 0) return false;
      if (!(init.value >= 0 && init.value < 1e6)) return false;
      const auto prefix = static_cast<int64_t>(init.value);
      const int64_t grid = shape[1] - prefix;
      if (init.rows != 0) {
        return init.rows > 0 && grid > 0 && grid % init.rows == 0;
      }
      const auto side = std::llround(std::sqrt(static_cast<double>(grid)));
      return grid > 0 && side * side == grid;
    }
    case InitKind::kMimeticQkv:
      return is_attention(3);
    case InitKind::kMimeticProj:
      return is_attention(1);
    case InitKind::kGluWeight:
      return init.value > 0 && init.bound > 0 && shape.size() == 2 &&
             shape[0] % 2 == 0;
    case InitKind::kGluBias:
      return shape.size() == 1 && shape[0] % 2 == 0;
    case InitKind::kRopeFreqs:
      return init.value > 0 && shape.size() == 4 && shape[0] == 2 &&
             shape[3] % 2 == 0;
  }
  return false;
}

}  // namespace wsel::model
