#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::calibrate {

// What ranks channels by activations; all in float64.

// The sum over all rows of x^2: [..., n] -> [n].
at::Tensor Energy(const at::Tensor& x);

// The same of x divided by its norm, as a norm sees it: each row counts alike.
// A layer norm takes the mean off first.
at::Tensor NormedEnergy(const at::Tensor& x, bool is_layer_norm);

// Shares of 1; zeros if all are zero.
at::Tensor Shares(const at::Tensor& scores);

// The squared norm of each column of a weight [out, in, ...], with its rows
// scaled by `gamma` if that is defined: [in].
at::Tensor ColumnNorms(const at::Tensor& weight, const at::Tensor& gamma);

}  // namespace wsel::calibrate
