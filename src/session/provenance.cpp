#include "wsel/session/provenance.h"

#include <nlohmann/json.hpp>

#include "wsel/core/version.h"
#include "wsel/pretrained/facts.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/select/plan_json.h"

namespace wsel::session {

void AddMeanStd(const pretrained::PretrainedCheckpoint& checkpoint,
                Metadata& metadata) {
  const pretrained::MeanStd known = pretrained::MeanStdOf(checkpoint);
  for (const auto& [key, fact] : {std::pair(run::kMeanKey, &known.mean),
                                  std::pair(run::kStdKey, &known.std)}) {
    if (fact->source == pretrained::FactSource::kAssumed) continue;
    metadata[key] = nlohmann::json(fact->values).dump();
  }
}

Metadata Provenance(const std::string& command, const select::Plan& plan,
                    const pretrained::PretrainedCheckpoint* teacher,
                    const std::string& teacher_hash,
                    pretrained::HashScope scope) {
  Metadata metadata = {
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
  metadata[run::kTeacherFileKey] = file.path().filename().string();
  metadata[run::kTeacherSizeKey] = std::to_string(file.file_size());
  metadata[run::kTeacherDigestKey] = teacher_hash;
  metadata[run::kTeacherDigestOfKey] = pretrained::HashScopes().NameOf(scope);
  // The student expects images normalised as for the teacher.
  AddMeanStd(*teacher, metadata);
  return metadata;
}

}  // namespace wsel::session
