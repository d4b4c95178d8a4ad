// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// How the student's position embeddings are resampled from the teacher's: which
// row belongs to which prefix token (class, distillation, registers; with
// no_embed_class none of them has a row), and the two grids. Nothing if the
// layouts are equal. Adds a note for every row that becomes zeros.
std::optional<PosEmbedResample> PlanPosEmbedResample(
    const model::Config& teacher, const model::Config& student,
    std::vector<std::string>& notes);

}  // namespace wsel::select
