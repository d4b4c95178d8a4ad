#include "activation_names.h"

#include <fmt/format.h>

#include "wsel/core/error.h"
#include "wsel/model/config_json.h"

namespace wsel::pretrained {
namespace {

// transformers' names for timm's.
std::string_view TimmsName(std::string_view name) {
  constexpr std::string_view kNames[][2] = {
      {"gelu_python", "gelu"},        {"gelu_pytorch_tanh", "gelu_tanh"},
      {"gelu_new", "gelu_tanh"},      {"gelu_fast", "gelu_tanh"},
      {"gelu_accurate", "gelu_tanh"}, {"swish", "silu"}};
  for (const auto& [theirs, timms] : kNames) {
    if (name == theirs) return timms;
  }
  return name;
}

bool IsWord(std::string_view text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") ==
         std::string_view::npos;
}

}  // namespace

std::optional<model::Activation> ActivationNamed(std::string_view name) {
  if (!IsWord(name)) return std::nullopt;
  // The names are those of a config's JSON.
  try {
    model::Config config = model::ConfigFromJson(
        fmt::format(R"({{"family":"vit","activation":"{}"}})", TimmsName(name)),
        "activation", ErrorKind::kConfig);
    return *FieldsOf(config).activation;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace wsel::pretrained
