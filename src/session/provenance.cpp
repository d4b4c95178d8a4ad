#include "wsel/session/provenance.h"

#include <nlohmann/json.hpp>

#include "wsel/core/version.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/metadata_keys.h"
#include "wsel/select/plan_json.h"

namespace wsel::session {

void AddMeanStd(const pretrained::PretrainedCheckpoint& checkpoint,
                Metadata& metadata) {
  const pretrained::MeanStd known = pretrained::MeanStdOf(checkpoint);
  for (const auto& [key, fact] : {std::pair(pretrained::kMeanKey, &known.mean),
                                  std::pair(pretrained::kStdKey, &known.std)}) {
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
      {"wsel.version", std::string(Version())},
      {"wsel.command", command},
      {IsGeneric(plan) ? pretrained::kGenericKey : pretrained::kModelKey,
       select::ToJson(plan.student)},
      {"wsel.plan.sha256", select::DigestOf(plan)},
      {"wsel.seed", std::to_string(plan.options.seed)},
  };
  if (teacher == nullptr) return metadata;
  const checkpoint::Checkpoint& file = *teacher->file;
  metadata["wsel.teacher.file"] = file.path().filename().string();
  metadata["wsel.teacher.size"] = std::to_string(file.file_size());
  metadata["wsel.teacher.sha256"] = teacher_hash;
  metadata["wsel.teacher.sha256_of"] = pretrained::HashScopes().NameOf(scope);
  // The student expects images normalised as for the teacher.
  AddMeanStd(*teacher, metadata);
  return metadata;
}

}  // namespace wsel::session
