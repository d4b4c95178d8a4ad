#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "ridge.h"
#include "stream_pair.h"
#include "wsel/calibrate/weights.h"

namespace wsel::calibrate {

// Fits a student's layers on its own stream, one at a time, and sets their
// weights. Layers of both models have the same names.
class LayerFits {
 public:
  LayerFits(const Weights& teacher, Weights& student, StreamPair& streams)
      : teacher_(teacher), student_(student), streams_(streams) {}

  using Of = std::function<at::Tensor(const at::Tensor& stream)>;

  // A layer that reads the stream: `input` of the student's gives `target` of
  // the teacher's, around the student's present weight. With a bias if both
  // have one.
  void FitReader(const std::string& name, const Of& input, const Of& target);

  // The last layer of a residual branch: `input` of the student's stream gives
  // what brings it to the teacher's next one, times `encode` [D, d], around
  // `around` [d, in]; that weight is not yet divided by the layer scale
  // `gamma`. If `scaled`, the student has a layer scale: it becomes the root
  // mean square of the teacher's, for all channels, and the weight has the
  // rest.
  void FitWriter(const std::string& name, const std::string& gamma, bool scaled,
                 const at::Tensor& encode, const at::Tensor& around,
                 const Of& input);

  // The weight of a teacher's writer in the student's channels, with its layer
  // scale: [d, in] float64.
  at::Tensor EncodedWriter(const std::string& name, const std::string& gamma,
                           const at::Tensor& encode) const;

  const std::string& warning() const { return rows_.warning(); }

 private:
  const Weights& teacher_;
  Weights& student_;
  StreamPair& streams_;
  RowCount rows_;
};

}  // namespace wsel::calibrate
