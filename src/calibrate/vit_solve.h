#pragma once

#include "architecture.h"

namespace wsel::calibrate {

// Architecture::regress and project of a ViT.
Regression RegressVit(const select::Plan& plan, const Reference& teacher,
                      const Images& images, Weights& student);
SolvedStudent ProjectVit(const select::Plan& plan, const Reference& teacher,
                         const Images& images);

}  // namespace wsel::calibrate
