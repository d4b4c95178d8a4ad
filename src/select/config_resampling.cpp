#include <fmt/format.h>

#include <algorithm>

#include "config_pair.h"

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

// Nothing if the layouts are equal.
std::optional<PosEmbedResample> PosEmbedOf(const model::VitConfig& teacher,
                                           const model::VitConfig& student,
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

}  // namespace

Resampling ResamplingOf(const ConfigPair& models, const Options& options,
                        std::vector<std::string>& notes) {
  Resampling resampling;
  if (options.official) return resampling;
  if (const auto* teacher = std::get_if<model::VitConfig>(&models.teacher)) {
    resampling.pos_embed =
        PosEmbedOf(*teacher, std::get<model::VitConfig>(models.student), notes);
  }
  const auto patch_size = [](const model::Config& config) {
    return std::visit([](const auto& c) { return c.patch_size; }, config);
  };
  const int64_t from = patch_size(models.teacher);
  const int64_t to = patch_size(models.student);
  if (from != to) {
    resampling.patch_embed = PatchEmbedResample{from, to, options.patch_resize};
  }
  return resampling;
}

}  // namespace wsel::select
