#include "provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wsel/core/sha256.h"
#include "wsel/core/version.h"
#include "wsel/select/plan_json.h"

namespace wsel::cli {

const Registry<HashScope>& HashScopes() {
  static constexpr std::array<Registered<HashScope>, 2> kRows = {{
      {HashScope::kRead, "read", "the header and the tensors read"},
      {HashScope::kFull, "full", "the whole file, as sha256sum"},
  }};
  static constexpr Registry<HashScope> kRegistry("hash", kRows);
  return kRegistry;
}

std::string HashTeacher(const checkpoint::Checkpoint& teacher,
                        const std::string& tensors_digest, HashScope scope) {
  if (scope == HashScope::kRead) {
    return Sha256Hex(
        fmt::format("{}\n{}\n", Sha256Hex(teacher.header()), tensors_digest));
  }
  const auto files = teacher.files();
  if (files.size() == 1) return Sha256OfFile(files[0]);
  std::string sums;  // as sha256sum prints for an index and its shards
  for (const auto& file : files) {
    sums +=
        fmt::format("{}  {}\n", Sha256OfFile(file), file.filename().string());
  }
  return Sha256Hex(sums);
}

std::map<std::string, std::string> Provenance(
    const Invocation& invocation, const select::Plan& plan,
    const PretrainedCheckpoint* teacher, const std::string& teacher_hash,
    HashScope scope) {
  std::map<std::string, std::string> metadata = {
      {"format", "pt"},  // required by Hugging Face's readers
      {run::kVersionKey, std::string(Version())},
      {run::kCommandKey, invocation.command},
      {IsGeneric(plan) ? kGenericKey : kModelKey, select::ToJson(plan.student)},
      {run::kPlanDigestKey, select::DigestOf(plan)},
      {run::kSeedKey, std::to_string(plan.options.seed)},
  };
  if (teacher != nullptr) {
    const checkpoint::Checkpoint& file = *teacher->file;
    metadata[run::kTeacherFileKey] = file.path().filename().string();
    metadata[run::kTeacherSizeKey] = std::to_string(file.file_size());
    metadata[run::kTeacherDigestKey] = teacher_hash;
    metadata[run::kTeacherDigestOfKey] = HashScopes().NameOf(scope);
    // The student expects images normalised as for the teacher.
    for (const char* key : {kMeanKey, kStdKey}) {
      if (const auto known = PretrainedMeanOrStd(*teacher, key))
        metadata[key] = *known;
    }
  }
  return metadata;
}

}  // namespace wsel::cli
