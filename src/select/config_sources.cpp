#include "config_sources.h"

#include <fmt/format.h>

#include <utility>

#include "wsel/model/init_rule.h"

namespace wsel::select {
namespace {

using model::Component;
using model::Init;
using model::ParameterSpec;

// The final norm has another name before pooling than after it.
std::string OtherFinalNorm(const std::string& key) {
  static const std::map<std::string, std::string> kOther = {
      {"norm.weight", "fc_norm.weight"},
      {"norm.bias", "fc_norm.bias"},
      {"fc_norm.weight", "norm.weight"},
      {"fc_norm.bias", "norm.bias"},
      {"head.norm.weight", "norm_pre.weight"},
      {"head.norm.bias", "norm_pre.bias"},
      {"norm_pre.weight", "head.norm.weight"},
      {"norm_pre.bias", "head.norm.bias"},
  };
  const auto other = kOther.find(key);
  return other == kOther.end() ? "" : other->second;
}

}  // namespace

ConfigSources::ConfigSources(const ConfigPair& models,
                             const std::vector<TensorSpec>& file, Head head)
    : models_(models), head_(head) {
  for (const ParameterSpec& t : models.teacher_parameters) {
    teacher_[{t.key, t.stage, t.block}] = &t;
  }
  for (const TensorSpec& spec : file) file_[spec.name] = &spec;
}

ConfigSource ConfigSources::Of(const ParameterSpec& student) const {
  if (student.component == Component::kHead && head_ == Head::kReset) {
    return {Reinitialised{"head=reset", InitFor(models_.student, student,
                                                model::Initializer::kTimm)}};
  }
  const ParameterSpec* teacher = Counterpart(student);
  return teacher == nullptr ? Replacement(student)
                            : Selected(student, *teacher);
}

const ParameterSpec* ConfigSources::Find(const std::string& key, int stage,
                                         int block) const {
  const auto at = teacher_.find({key, stage, block});
  return at == teacher_.end() ? nullptr : at->second;
}

// The same parameter, in the block of the layer selection; or the final norm of
// the other order.
const ParameterSpec* ConfigSources::Counterpart(
    const ParameterSpec& student) const {
  const int block =
      student.block < 0
          ? -1
          : static_cast<int>(models_.layers[student.stage][student.block]);
  const ParameterSpec* same = Find(student.key, student.stage, block);
  return same != nullptr ? same : Find(OtherFinalNorm(student.key), -1, -1);
}

ConfigSource ConfigSources::Selected(const ParameterSpec& student,
                                     const ParameterSpec& teacher) const {
  const TensorSpec& expected = teacher.spec;
  const auto at = file_.find(expected.name);
  if (at == file_.end()) {
    return {Error(ErrorKind::kMismatch, expected.name,
                  "missing from the teacher's file; is the file complete?")};
  }
  if (at->second->shape != expected.shape) {
    return {Error(
        ErrorKind::kMismatch, expected.name,
        fmt::format("is {} in the teacher's file, but {} in the teacher's "
                    "model; correct the teacher's model",
                    FormatShape(at->second->shape),
                    FormatShape(expected.shape)))};
  }
  ConfigSource source{*at->second, &teacher};
  if (teacher.key != student.key) {
    source.note = fmt::format(
        "{} is taken from the teacher's {}: the two models pool and "
        "normalise in a different order",
        student.spec.name, expected.name);
  }
  return source;
}

ConfigSource ConfigSources::Replacement(const ParameterSpec& student) const {
  const std::string& name = student.spec.name;
  if (student.component == Component::kHead) {
    return {Error(ErrorKind::kMismatch, name,
                  "the teacher has no classifier to reuse; use head=reset")};
  }
  if (student.component == Component::kLayerScale) {
    return {Reinitialised{"identity: the teacher has no layer scale",
                          Init{.value = 1}}};
  }
  if (student.component == Component::kTokens) {
    return {
        Reinitialised{
            "the teacher has no such token",
            InitFor(models_.student, student, model::Initializer::kTimm)},
        nullptr,
        fmt::format("the teacher has no {}: it is initialised as timm would",
                    name)};
  }
  if (name.ends_with(".bias") && student.component != Component::kNorm) {
    return {Reinitialised{"identity: the teacher has no bias here", Init{}}};
  }
  return {NoCounterpart(name)};
}

}  // namespace wsel::select
