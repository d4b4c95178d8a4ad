#include "pos_embed_resample.h"

#include <fmt/format.h>

#include <algorithm>

namespace wsel::select {
std::optional<PosEmbedResample> PlanPosEmbedResample(
    const model::Config& teacher, const model::Config& student,
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

}  // namespace wsel::select
