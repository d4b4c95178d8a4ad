#include "convnext_replacement.h"

#include <string>
#include <utility>

#include "wsel/model/init.h"

namespace wsel::select {
namespace {

using model::Component;

// What a parameter becomes, and the note that all of its kind share; no note if
// it is nothing that only some ConvNeXts have.
struct Replacement {
  Reinitialised source;
  std::string note;
};

Replacement ReplacementOf(const ConfigPair& models,
                          const model::ParameterSpec& student) {
  if (StageDepths(models.student).size() == 1) return {};
  const auto timm = [&] {
    return InitFor(models.student, student, model::Initializer::kTimm);
  };
  if (student.component == Component::kPreLogits) {
    return {
        {"the teacher has no hidden layer before its classifier", timm()},
        "the teacher has no hidden layer before its classifier: the student's "
        "is initialised as timm would"};
  }
  if (student.component == Component::kPatchEmbed) {
    return {{"the teacher has another stem", timm()},
            "the teacher has another stem (stem_type): the convolutions of the "
            "student's are initialised as timm would"};
  }
  if (student.key.find(".mlp.grn.") != std::string::npos) {
    return {
        {"identity: the teacher has no GRN", {}},
        "the teacher has no GRN: the student's is initialised as the identity"};
  }
  if (student.component == Component::kNorm && student.key.ends_with(".bias")) {
    return {{"zeros: the teacher's norms have no bias", {}},
            "the teacher's norms have no bias: those of the student are zeros"};
  }
  return {};
}

}  // namespace

bool ReplaceInConvNext(const ConfigPair& models,
                       const model::ParameterSpec& student,
                       MappedTensor& tensor) {
  Replacement replacement = ReplacementOf(models, student);
  if (replacement.note.empty()) return false;
  tensor.source = std::move(replacement.source);
  tensor.note = std::move(replacement.note);
  return true;
}

}  // namespace wsel::select
