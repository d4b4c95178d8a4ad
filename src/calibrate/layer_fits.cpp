#include "layer_fits.h"

#include <ATen/ATen.h>

#include <cmath>

namespace wsel::calibrate {
namespace {

// What brings a student's stream to the teacher's next one.
at::Tensor Missing(const StreamTile& tile, const at::Tensor& encode) {
  return at::matmul(tile.next.to(at::kDouble), encode) -
         tile.student.to(at::kDouble);
}

// The fit of a layer of which some rows have a bias.
LinearFit RidgeOfRows(const Sums& sums, const at::Tensor& around,
                      const at::Tensor& rows, const std::string& layer) {
  const bool all = rows.all().item<bool>();
  if (all || !rows.any().item<bool>()) return Ridge(sums, around, all, layer);
  const LinearFit with = Ridge(sums, around, /*with_bias=*/true, layer);
  const LinearFit without = Ridge(sums, around, /*with_bias=*/false, layer);
  return {at::where(rows.unsqueeze(1), with.weight, without.weight), with.bias};
}

}  // namespace

void FitChannels(const std::string& name, const Sums& sums, bool with_bias,
                 Weights& student) {
  const LinearFit fit =
      ChannelRidge(sums, student[name + ".weight"], with_bias, name);
  student.Set(name + ".weight", fit.weight);
  if (with_bias) student.Set(name + ".bias", fit.bias);
}

void LayerFits::FitReader(const StackedLayer& layer, bool with_bias,
                          const Of& input, const Of& target) {
  const at::Tensor around = WeightOf(layer, student_);
  const Sums sums = streams_.Sum([&](const StreamTile& tile) {
    return RidgeSums(input(tile.student), target(tile.teacher));
  });
  rows_.Add(sums, around.size(1), layer.Name());
  if (with_bias && layer.HasBias()) {
    const LinearFit fit = RidgeOfRows(
        sums, around, RowsWithBias(layer, around.size(0)), layer.Name());
    SetLayer(layer, fit.weight, fit.bias, student_);
  } else {
    const LinearFit fit = Ridge(sums, around, false, layer.Name());
    SetLayer({layer.weights, {""}}, fit.weight, {}, student_);
  }
}

void LayerFits::FitReader(const std::string& name, const Of& input,
                          const Of& target) {
  const std::string bias = name + ".bias";
  const bool with_bias = student_.Has(bias) && teacher_.Has(bias);
  FitReader(WholeLayer(name, with_bias), with_bias, input, target);
}

at::Tensor LayerFits::EncodedWriter(const Writer& writer,
                                    const at::Tensor& encode) const {
  std::vector<at::Tensor> parts;
  for (const std::string& name : writer.layers) {
    parts.push_back(teacher_[name + ".weight"].flatten(1).to(at::kDouble));
  }
  at::Tensor weight = at::cat(parts, 1);
  if (const at::Tensor scale = teacher_[writer.teachers_scale];
      scale.defined()) {
    weight = weight * scale.to(at::kDouble).unsqueeze(1);
  }
  return at::matmul(encode.t(), weight);
}

bool LayerFits::WriterHasBias(const Writer& writer) const {
  const std::string bias = writer.layers[0] + ".bias";
  return student_.Has(bias) && teacher_.Has(bias);
}

void LayerFits::SetWriter(const Writer& writer, const LinearFit& fit) {
  int64_t first = 0;
  for (const std::string& name : writer.layers) {
    const at::Tensor before = student_[name + ".weight"];
    const int64_t columns = before.flatten(1).size(1);
    student_.Set(name + ".weight",
                 fit.weight.narrow(1, first, columns).reshape(before.sizes()));
    const std::string bias = name + ".bias";
    if (fit.bias.defined()) {
      student_.Set(bias, first == 0 ? fit.bias : at::zeros_like(fit.bias));
    }
    first += columns;
  }
}

void LayerFits::FitWriter(const Writer& writer, bool scaled,
                          const at::Tensor& encode, const at::Tensor& around,
                          const Of& input) {
  double scale = 1;
  if (const at::Tensor of = teacher_[writer.teachers_scale];
      scaled && of.defined()) {
    const double mean = of.to(at::kDouble).square().mean().item<double>();
    if (mean > 0) scale = std::sqrt(mean);
  }
  if (scaled) {
    student_.Set(writer.students_scale,
                 at::full({encode.size(1)}, scale, at::kDouble));
  }
  const Sums sums = streams_.Sum([&](const StreamTile& tile) {
    return RidgeSums(input(tile.student), Missing(tile, encode) / scale);
  });
  const std::string& name = writer.layers[0];
  rows_.Add(sums, around.size(1), name);
  SetWriter(writer, Ridge(sums, around / scale, WriterHasBias(writer), name));
}

void LayerFits::FitAddedNorm(const std::string& name, const at::Tensor& encode,
                             const Of& input) {
  const Sums sums = streams_.Sum([&](const StreamTile& tile) {
    return ChannelSums(input(tile.student), Missing(tile, encode));
  });
  const std::string bias = name + ".bias";
  const bool with_bias = student_.Has(bias) && teacher_.Has(bias);
  FitChannels(name, sums, with_bias, student_);
}

}  // namespace wsel::calibrate
