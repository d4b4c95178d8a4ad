// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// How the student's position embeddings are made from the teacher's: which
// prefix position is which token's (class, distillation, registers; with
// no_embed_class none has one), and the two grids. Nothing where the layouts
// are equal. A note is added for every position that becomes zeros.
std::optional<Positions> PlanPositions(const model::VitConfig& teacher,
                                       const model::VitConfig& student,
                                       std::vector<std::string>& notes);

}  // namespace wsel::select
