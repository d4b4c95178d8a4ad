#include "pos_embed_resample.h"

#include <fmt/format.h>

#include <algorithm>

namespace wsel::select {
namespace {

// The prefix tokens that have a position, in the order of the sequence.
std::vector<std::string> PrefixTokens(const model::VitConfig& config) {
  std::vector<std::string> tokens;
  if (config.no_embed_class) return tokens;
  if (config.class_token) tokens.emplace_back("cls_token");
  if (config.dist_token) tokens.emplace_back("dist_token");
  for (int64_t i = 0; i < config.reg_tokens; ++i) {
    tokens.push_back(fmt::format("reg_token {}", i));
  }
  return tokens;
}

}  // namespace

std::optional<PosEmbedResample> PlanPosEmbedResample(
    const model::VitConfig& teacher, const model::VitConfig& student,
    std::vector<std::string>& notes) {
  const auto from = PrefixTokens(teacher);
  const auto to = PrefixTokens(student);
  if (from == to && teacher.GridSize() == student.GridSize()) {
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
  resample.from_grid = teacher.GridSize();
  resample.to_grid = student.GridSize();
  return resample;
}

}  // namespace wsel::select
