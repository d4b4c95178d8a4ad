#include "wsel/pretrained/provenance.h"

#include "wsel/core/escape_text.h"
#include "wsel/core/version.h"
#include "wsel/model/config_json.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/file_hash.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {

std::map<std::string, std::string> ProvenanceOf(
    const PretrainedCheckpoint& checkpoint, const Facts& facts,
    const std::string& command) {
  std::map<std::string, std::string> metadata;
  const checkpoint::Checkpoint& file = *checkpoint.file;
  for (const auto& [key, value] : file.metadata()) {
    if (key.starts_with("wsel.")) metadata[key] = value;
  }
  AddMeanStd(facts.mean_std, metadata);
  AddClassNames(checkpoint, metadata);
  metadata[run::kVersionKey] = std::string(Version());
  metadata[run::kCommandKey] = command;
  metadata[run::kModelKey] = model::ToJson(facts.model);
  metadata[run::kConvertedFileKey] =
      EscapeInvalidUtf8(file.path().filename().string());
  metadata[run::kConvertedSizeKey] = std::to_string(file.file_size());
  metadata[run::kConvertedDigestKey] = HashFile(file, "", HashScope::kFull);
  metadata[run::kConvertedNamesKey] = checkpoint.remapped.source;
  return metadata;
}

}  // namespace wsel::pretrained
