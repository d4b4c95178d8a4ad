#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/select/calibration_record.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// The maps of each stage's stream, as SolvedStudent::encode, of a plan that
// takes the same channels everywhere; {} if its rule keeps no consistency.
std::vector<at::Tensor> EncodingOf(const select::Plan& plan);

// What of the teacher a student has on the images. `teacher` is whole, `blocks`
// has the student's blocks (WithBlocks); both may be the same. `encode` as in
// SolvedStudent, or {}. Numbers are rounded to 6 digits.
select::Agreement AgreementOf(const Reference& teacher, const Reference& blocks,
                              const model::Config& student,
                              const Weights& weights,
                              const std::vector<at::Tensor>& encode,
                              bool same_classes, const Images& images);

// That of only the last block, with the whole teacher's: what a student of any
// width and depth has of the teacher's last stream. `encode` must not be {}.
// Errors: kMismatch, naming the block, for activations that are NaN or
// infinite.
select::StreamAgreement OutputAgreementOf(const Reference& teacher,
                                          const model::Config& student,
                                          const Weights& weights,
                                          const std::vector<at::Tensor>& encode,
                                          const Images& images);

// The share of the energy of a stream that is not reproduced: what lies outside
// of the student's channels, and the error within. Above 1 if zeros were
// closer.
double LackingShare(const select::StreamAgreement& agreement);

}  // namespace wsel::calibrate
