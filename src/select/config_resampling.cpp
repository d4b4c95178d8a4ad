#include <fmt/format.h>

#include <algorithm>

#include "config_pair.h"

namespace wsel::select {
namespace {

// Nothing if the layouts are equal.
std::optional<PosEmbedResample> PosEmbedOf(const model::Config& teacher,
                                           const model::Config& student,
                                           std::vector<std::string>& notes) {
  const model::Tokens teacher_tokens = TokensOf(teacher);
  const model::Tokens student_tokens = TokensOf(student);
  const auto& from = teacher_tokens.positioned_prefix;
  const auto& to = student_tokens.positioned_prefix;
  if (from == to && teacher_tokens.grid == student_tokens.grid) {
    return std::nullopt;
  }
  PosEmbedResample resample;
  for (const std::string& token : to) {
    const auto at = std::find(from.begin(), from.end(), token);
    resample.prefix.push_back(at == from.end() ? -1 : at - from.begin());
    if (at == from.end()) {
      notes.push_back(fmt::format(
          "the teacher has no position for {}: the student's is zeros", token));
    }
  }
  resample.teacher_prefix = static_cast<int64_t>(from.size());
  resample.from_grid = teacher_tokens.grid;
  resample.to_grid = student_tokens.grid;
  return resample;
}

}  // namespace

Resampling ResamplingOf(const ConfigPair& models, const Options& options,
                        std::vector<std::string>& notes) {
  Resampling resampling;
  if (options.official) return resampling;
  resampling.pos_embed = PosEmbedOf(models.teacher, models.student, notes);
  const int64_t from = PatchSize(models.teacher);
  const int64_t to = PatchSize(models.student);
  if (from != to) {
    resampling.patch_embed = PatchEmbedResample{from, to, options.patch_resize};
  }
  return resampling;
}

}  // namespace wsel::select
