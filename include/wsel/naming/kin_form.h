// Torch-free.
#pragma once

#include <memory>

#include "wsel/model/config.h"
#include "wsel/tensor/source.h"

namespace wsel::naming {

// Teachers of one kind for students of a kin: timm stores the same weights in
// several forms. Query, key and value are one matrix or three (EVA-02), their
// biases one vector or those of only query and value (EVA); SwiGLU's gate and
// value are one matrix or two; layer scales have other names in timm's Eva.

// The teacher's config with those forms that the student has, as far as they
// follow from the teacher's tensors: three matrices become one, and a key
// without a bias gets zeros.
model::Config InFormOf(const model::Config& teacher,
                       const model::Config& student);

// The tensors under the names of `wanted`, each that is not in `tensors` made
// of those that it consists of there; all others unchanged. `tensors` must
// outlive the result.
std::unique_ptr<TensorSource> WithForm(const TensorSource& tensors,
                                       const model::Config& wanted);

// The same, of tensors that the result owns.
std::unique_ptr<TensorSource> WithForm(std::unique_ptr<TensorSource> tensors,
                                       const model::Config& wanted);

// The tensors, which the result owns, with the last norm of a ViT as timm names
// one after average pooling (`fc_norm`) or before pooling (`norm`); unchanged
// if it has that name.
std::unique_ptr<TensorSource> WithLastNorm(
    std::unique_ptr<TensorSource> tensors, bool after_pooling);

}  // namespace wsel::naming
