#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "wsel/checkpoint/writer.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/version.h"
#include "wsel/model/config.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/select/plan_json.h"
#include "wsel/session/student_plan.h"
#include "wsel/tensor/floats.h"

namespace wsel::session {
namespace {

bool AllFinite(const TensorView& tensor) {
  return std::ranges::all_of(FloatsOf(tensor),
                             [](float x) { return std::isfinite(x); });
}

void WarnOfNonFinite(const select::Plan& plan, const select::Student& student) {
  for (size_t i = 0; i < student.tensors.size(); ++i) {
    if (AllFinite(student.tensors[i])) continue;
    spdlog::warn("{} contains NaN or infinite values, as the teacher does",
                 plan.entries[i].student.name);
    return;
  }
}

// The student has timm's eps and activation, which may not be the teacher's.
void WarnOfForwardDifferences(const select::Plan& plan) {
  const auto* student = std::get_if<model::Config>(&plan.student);
  const auto* teacher =
      plan.teacher ? std::get_if<model::Config>(&*plan.teacher) : nullptr;
  if (student == nullptr || teacher == nullptr) return;
  for (const std::string& clause :
       model::ForwardDifferences(*teacher, *student)) {
    spdlog::warn("the teacher was trained with {} as in the student", clause);
  }
}

// Nothing if the plan is one by the names of tensors.
std::optional<model::Config> TeacherConfig(const select::Plan& plan) {
  const auto* config =
      plan.teacher ? std::get_if<model::Config>(&*plan.teacher) : nullptr;
  return config == nullptr ? std::nullopt : std::optional(*config);
}

// Metadata with all that reproducing the student's file needs.
std::map<std::string, std::string> Provenance(
    const std::string& command, const select::Plan& plan,
    const pretrained::PretrainedCheckpoint* teacher,
    const std::string& teacher_hash, pretrained::HashScope scope) {
  std::map<std::string, std::string> metadata = {
      {"format", "pt"},  // required by Hugging Face's readers
      {run::kVersionKey, std::string(Version())},
      {run::kCommandKey, command},
      {IsGeneric(plan) ? run::kGenericKey : run::kModelKey,
       select::ToJson(plan.student)},
      {run::kPlanDigestKey, select::DigestOf(plan)},
      {run::kSeedKey, std::to_string(plan.options.seed)},
  };
  if (teacher == nullptr) return metadata;
  const checkpoint::Checkpoint& file = *teacher->file;
  metadata[run::kTeacherFileKey] =
      EscapeInvalidUtf8(file.path().filename().string());
  metadata[run::kTeacherSizeKey] = std::to_string(file.file_size());
  metadata[run::kTeacherDigestKey] = teacher_hash;
  metadata[run::kTeacherDigestOfKey] = pretrained::HashScopes().NameOf(scope);
  // The student expects images normalised as for the teacher.
  pretrained::MeanStd known =
      MeanStdOf(*teacher, {.model = TeacherConfig(plan)});
  if (const auto* student = std::get_if<model::Config>(&plan.student)) {
    known = WithChannels(known, InChans(*student));
  }
  AddMeanStd(known, metadata);
  if (plan.options.head == select::Head::kReuse && !IsGeneric(plan)) {
    AddClassNames(*teacher, metadata);
  }
  return metadata;
}

}  // namespace

void LogTeacher(const select::Plan& plan,
                const pretrained::PretrainedCheckpoint& teacher,
                bool model_given) {
  if (IsGeneric(plan)) return;
  LogLoadReport(teacher, model_given);
  WarnOfForwardDifferences(plan);
}

void WriteStudent(const std::filesystem::path& output,
                  const PreparedStudent& prepared,
                  const pretrained::PretrainedCheckpoint* teacher,
                  pretrained::HashScope scope, const std::string& command,
                  const select::SvdParts* svd) {
  const select::Plan& plan = prepared.plan;
  const select::Student student =
      prepared.student ? *prepared.student : ApplyPlan(plan, teacher, svd);
  const std::string hash =
      teacher == nullptr
          ? ""
          : HashFile(*teacher->file, student.teacher_digest, scope);
  WarnOfNonFinite(plan, student);
  std::vector<TensorSpec> specs;
  for (const select::Entry& entry : plan.entries) {
    specs.push_back(entry.student);
  }
  checkpoint::Write(
      output, specs, [&](size_t i) { return student.tensors[i].bytes; },
      Provenance(command, plan, teacher, hash, scope));
  spdlog::info("wrote {} ({} tensors)", output.string(), specs.size());
}

}  // namespace wsel::session
