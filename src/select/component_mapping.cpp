#include "component_mapping.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "skip.h"
#include "wsel/core/error.h"
#include "wsel/model/init_rule.h"

namespace wsel::select {
namespace {

using model::Component;
using model::Init;
using model::ParameterSpec;

using Address = std::tuple<std::string, int, int>;  // key, stage, block

std::map<Address, const ParameterSpec*> Index(
    const std::vector<ParameterSpec>& tensors) {
  std::map<Address, const ParameterSpec*> index;
  for (const ParameterSpec& t : tensors) {
    index[{t.key, t.stage, t.block}] = &t;
  }
  return index;
}

// The final norm has another name before pooling than after it.
const std::map<std::string, std::string>& OtherFinalNorm() {
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
  return kOther;
}

class ComponentMapper {
 public:
  ComponentMapper(const ModelPair& models, const Options& options,
                  std::vector<std::string>& notes)
      : models_(models),
        options_(options),
        notes_(notes),
        skip_(options.skip, models.student_tensors),
        teacher_(Index(models.teacher_tensors)) {}

  TensorPair Map(const ParameterSpec& student) {
    if (const std::string* item = skip_.Match(student)) {
      return {&student, nullptr, TimmInit(student, "skipped: " + *item)};
    }
    if (student.component == Component::kHead &&
        options_.head == Head::kReset) {
      return {&student, nullptr, TimmInit(student, "head=reset")};
    }
    if (const ParameterSpec* teacher = Counterpart(student)) {
      return {&student, teacher, {}};
    }
    return {&student, nullptr, Replacement(student)};
  }

 private:
  const ParameterSpec* Find(const std::string& key, int stage,
                            int block) const {
    const auto at = teacher_.find({key, stage, block});
    return at == teacher_.end() ? nullptr : at->second;
  }

  const ParameterSpec* Counterpart(const ParameterSpec& student) {
    const int block =
        student.block < 0
            ? -1
            : static_cast<int>(models_.layers[student.stage][student.block]);
    if (auto* same = Find(student.key, student.stage, block)) return same;
    const auto other = OtherFinalNorm().find(student.key);
    if (other == OtherFinalNorm().end()) return nullptr;
    const ParameterSpec* found = Find(other->second, -1, -1);
    if (found != nullptr) {
      notes_.push_back(fmt::format(
          "{} is taken from the teacher's {}: the two models pool and "
          "normalise in a different order",
          student.spec.name, found->spec.name));
    }
    return found;
  }

  Reinitialised TimmInit(const ParameterSpec& student,
                         std::string reason) const {
    return {std::move(reason),
            InitFor(models_.student, student, model::Initializer::kTimm)};
  }

  Reinitialised Replacement(const ParameterSpec& student) {
    const std::string& name = student.spec.name;
    if (student.component == Component::kHead) {
      throw Error(ErrorKind::kMismatch, name,
                  "the teacher has no classifier to reuse; use head=reset");
    }
    if (student.component == Component::kLayerScale) {
      return {"identity: the teacher has no layer scale", Init{.value = 1}};
    }
    if (student.component == Component::kTokens) {
      notes_.push_back(fmt::format(
          "the teacher has no {}: it is initialised as timm would", name));
      return TimmInit(student, "the teacher has no such token");
    }
    if (name.ends_with(".bias") && student.component != Component::kNorm) {
      return {"identity: the teacher has no bias here", Init{}};
    }
    throw Error(
        ErrorKind::kMismatch, name,
        fmt::format("the teacher has no such tensor; choose a student of the "
                    "teacher's architecture, or skip '{}' to re-initialise it",
                    name));
  }

  const ModelPair& models_;
  const Options& options_;
  std::vector<std::string>& notes_;
  Skip skip_;
  std::map<Address, const ParameterSpec*> teacher_;
};

void CheckReusedHead(const ModelPair& models) {
  const int64_t teacher = NumClasses(models.teacher);
  const int64_t student = NumClasses(models.student);
  if (teacher == student) return;
  throw Error(
      ErrorKind::kMismatch, "head=reuse",
      fmt::format("needs an equal number of classes: the teacher has {}, the "
                  "student {}; set num_classes to {} or use head=reset",
                  teacher, student, teacher));
}

}  // namespace

std::vector<TensorPair> MapComponents(const ModelPair& models,
                                      const Options& options,
                                      std::vector<std::string>& notes) {
  if (options.head == Head::kReuse) CheckReusedHead(models);
  ComponentMapper mapper(models, options, notes);
  std::vector<TensorPair> pairs;
  for (const ParameterSpec& student : models.student_tensors) {
    // The official script skips every name with "head" in it, ConvNeXt's
    // final norm included.
    if (options.official &&
        student.spec.name.find("head") != std::string::npos) {
      continue;
    }
    pairs.push_back(mapper.Map(student));
  }
  return pairs;
}

}  // namespace wsel::select
