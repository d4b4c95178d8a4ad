#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "config_pair.h"
#include "wsel/model/init_rule.h"

namespace wsel::select {
namespace {

using model::Component;
using model::ParameterSpec;

// The final norm has another name before pooling than after it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4>
    kFinalNorms = {{{"norm.", "fc_norm."},
                    {"fc_norm.", "norm."},
                    {"head.norm.", "norm_pre."},
                    {"norm_pre.", "head.norm."}}};

const ParameterSpec* Find(const std::vector<ParameterSpec>& parameters,
                          const std::string& key, int stage, int64_t block) {
  const auto at = std::find_if(
      parameters.begin(), parameters.end(), [&](const ParameterSpec& p) {
        return p.block == block && p.stage == stage && p.key == key;
      });
  return at == parameters.end() ? nullptr : &*at;
}

}  // namespace

const ParameterSpec* Counterpart(const ConfigPair& models,
                                 const ParameterSpec& student) {
  const int64_t block =
      student.block < 0 ? -1 : models.layers[student.stage][student.block];
  const auto& parameters = models.teacher_parameters;
  const ParameterSpec* found =
      Find(parameters, student.key, student.stage, block);
  for (const auto& [name, other] : kFinalNorms) {
    if (found != nullptr || !student.key.starts_with(name)) continue;
    const std::string rest = student.key.substr(name.size());
    found = Find(parameters, std::string(other) + rest, -1, -1);
  }
  return found;
}

void Replace(const ConfigPair& models, const ParameterSpec& student,
             MappedTensor& tensor) {
  const std::string& name = student.spec.name;
  if (student.component == Component::kHead) {
    tensor.source =
        Error(ErrorKind::kMismatch, name,
              "the teacher has no classifier to reuse; use head=reset");
  } else if (student.component == Component::kLayerScale) {
    tensor.source = Reinitialised{"identity: the teacher has no layer scale",
                                  model::Init{.value = 1}};
  } else if (student.component == Component::kTokens) {
    tensor.source = Reinitialised{
        "the teacher has no such token",
        InitFor(models.student, student, model::Initializer::kTimm)};
    tensor.note = fmt::format(
        "the teacher has no {}: it is initialised as timm would", name);
  } else if (name.ends_with(".bias") && student.component != Component::kNorm) {
    tensor.source = Reinitialised{"identity: the teacher has no bias here", {}};
  } else {
    tensor.source = NoCounterpart(name);
  }
}

}  // namespace wsel::select
