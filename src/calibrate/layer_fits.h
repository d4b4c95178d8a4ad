#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "ridge.h"
#include "stacked_layer.h"
#include "stream_pair.h"
#include "wsel/calibrate/weights.h"

namespace wsel::calibrate {

// The last layer of a residual branch, without ".weight", or two of which the
// outputs are added: their inputs are one beside the other. The layer scale of
// the branch in both models; "": none.
struct Writer {
  std::vector<std::string> layers;
  std::string teachers_scale;
  std::string students_scale;
};

// Sets the weight and, `with_bias`, the bias of the student's norm `name`, each
// channel fitted on its own around its present weight.
void FitChannels(const std::string& name, const Sums& sums, bool with_bias,
                 Weights& student);

// Fits a student's layers on its own stream, one at a time, and sets their
// weights. Layers of both models have the same names.
class LayerFits {
 public:
  LayerFits(const Weights& teacher, Weights& student, StreamPair& streams)
      : teacher_(teacher), student_(student), streams_(streams) {}

  using Of = std::function<at::Tensor(const at::Tensor& stream)>;

  // A layer that reads the stream: `input` of the student's gives `target` of
  // the teacher's, around the student's present weight. With a bias in the rows
  // that have one, if `with_bias`.
  void FitReader(const StackedLayer& layer, bool with_bias, const Of& input,
                 const Of& target);
  // One that is stored whole; with a bias if both models have one.
  void FitReader(const std::string& name, const Of& input, const Of& target);

  // A writer to the stream: `input` of the student's stream gives what brings
  // it to the teacher's next one, times `encode` [D, d], around `around` [d,
  // in]; that weight is not yet divided by the layer scale. If `scaled`, the
  // student has a layer scale: it becomes the root mean square of the
  // teacher's, for all channels, and the weight has the rest. With a bias if
  // both models have one; of two layers the first has it.
  void FitWriter(const Writer& writer, bool scaled, const at::Tensor& encode,
                 const at::Tensor& around, const Of& input);

  // A norm with each channel fitted on its own, around its present weight:
  // `input`, normed, of the student's stream gives what brings it to the
  // teacher's next one, times `encode`.
  void FitAddedNorm(const std::string& name, const at::Tensor& encode,
                    const Of& input);

  // The weight of a teacher's writer in the student's channels, with its layer
  // scale: [d, in] float64.
  at::Tensor EncodedWriter(const Writer& writer,
                           const at::Tensor& encode) const;

  const std::string& warning() const { return rows_.warning(); }

 private:
  bool WriterHasBias(const Writer& writer) const;
  // The student's, set as one.
  void SetWriter(const Writer& writer, const LinearFit& fit);

  const Weights& teacher_;
  Weights& student_;
  StreamPair& streams_;
  RowCount rows_;
};

}  // namespace wsel::calibrate
