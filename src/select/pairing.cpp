#include "wsel/select/pairing.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "wsel/core/error.h"
#include "wsel/model/init_rule.h"
#include "wsel/select/skip.h"

namespace wsel::select {
namespace {

using model::Component;
using model::Init;
using model::ModelTensor;

using Address = std::tuple<std::string, int, int>;  // key, stage, block

std::map<Address, const ModelTensor*> Index(
    const std::vector<ModelTensor>& tensors) {
  std::map<Address, const ModelTensor*> index;
  for (const ModelTensor& t : tensors) {
    index[{t.key, t.stage, t.block}] = &t;
  }
  return index;
}

// The final norm has two places: before pooling and after it.
const std::map<std::string, std::string>& OtherPlace() {
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

class Pairing {
 public:
  Pairing(const Sides& sides, const Options& options,
          std::vector<std::string>& notes)
      : sides_(sides),
        options_(options),
        notes_(notes),
        skip_(options.skip, sides.student_tensors),
        teacher_(Index(sides.teacher_tensors)) {}

  Pair Of(const ModelTensor& student) {
    if (const std::string* item = skip_.Match(student)) {
      return {&student, nullptr, TimmFresh(student, "skipped: " + *item)};
    }
    if (student.component == Component::kHead &&
        options_.head == Head::kFresh) {
      return {&student, nullptr, TimmFresh(student, "a new head")};
    }
    if (const ModelTensor* teacher = Counterpart(student)) {
      return {&student, teacher, {}};
    }
    return {&student, nullptr, Replacement(student)};
  }

 private:
  const ModelTensor* Find(const std::string& key, int stage, int block) const {
    const auto at = teacher_.find({key, stage, block});
    return at == teacher_.end() ? nullptr : at->second;
  }

  const ModelTensor* Counterpart(const ModelTensor& student) {
    const int block =
        student.block < 0
            ? -1
            : static_cast<int>(sides_.layers[student.stage][student.block]);
    if (auto* same = Find(student.key, student.stage, block)) return same;
    const auto other = OtherPlace().find(student.key);
    if (other == OtherPlace().end()) return nullptr;
    const ModelTensor* found = Find(other->second, -1, -1);
    if (found != nullptr) {
      notes_.push_back(fmt::format(
          "{} is taken from the teacher's {}: the two models pool and "
          "normalise in another order",
          student.spec.name, found->spec.name));
    }
    return found;
  }

  Fresh TimmFresh(const ModelTensor& student, std::string reason) const {
    return {std::move(reason),
            InitFor(sides_.student, student, model::Initializer::kTimm)};
  }

  Fresh Replacement(const ModelTensor& student) {
    const std::string& name = student.spec.name;
    if (student.component == Component::kHead) {
      throw Error(ErrorKind::kMismatch, name,
                  "the teacher has no head to reuse; use --head fresh");
    }
    if (student.component == Component::kLayerScale) {
      return {"the teacher has no layer scale, which equals ones",
              Init{.value = 1}};
    }
    if (student.component == Component::kTokens) {
      notes_.push_back(fmt::format(
          "the teacher has no {}: it is initialised as timm would", name));
      return TimmFresh(student, "the teacher has no such token");
    }
    if (name.ends_with(".bias") && student.component != Component::kNorm) {
      return {"the teacher has no bias here, which equals zeros", Init{}};
    }
    throw Error(
        ErrorKind::kMismatch, name,
        fmt::format("the teacher has no such tensor; choose a student of the "
                    "teacher's kind, or initialise it afresh with --skip '{}'",
                    name));
  }

  const Sides& sides_;
  const Options& options_;
  std::vector<std::string>& notes_;
  Skip skip_;
  std::map<Address, const ModelTensor*> teacher_;
};

void CheckReusedHead(const Sides& sides) {
  const int64_t teacher = NumClasses(sides.teacher);
  const int64_t student = NumClasses(sides.student);
  if (teacher == student) return;
  throw Error(
      ErrorKind::kMismatch, "head",
      fmt::format("--head reuse needs equal classes: the teacher has {}, the "
                  "student {}; give --num-classes {} or use --head fresh",
                  teacher, student, teacher));
}

}  // namespace

std::vector<Pair> PairTensors(const Sides& sides, const Options& options,
                              std::vector<std::string>& notes) {
  if (options.head == Head::kReuse) CheckReusedHead(sides);
  Pairing pairing(sides, options, notes);
  std::vector<Pair> pairs;
  for (const ModelTensor& student : sides.student_tensors) {
    // The official script skips every name with "head" in it, ConvNeXt's
    // final norm included.
    if (options.official &&
        student.spec.name.find("head") != std::string::npos) {
      continue;
    }
    pairs.push_back(pairing.Of(student));
  }
  return pairs;
}

}  // namespace wsel::select
