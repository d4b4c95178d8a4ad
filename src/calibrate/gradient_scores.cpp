#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <string>
#include <vector>

#include "finite.h"
#include "layer_chain.h"
#include "score_table.h"
#include "tile_sums.h"
#include "wsel/calibrate/importance.h"
#include "wsel/core/error.h"

namespace wsel::calibrate {
namespace {

// Gradients are as large as the model: few are in memory at once.
constexpr size_t kGradientsAtOnce = 2;

// The weights as leaves of autograd's graph, and their names in order.
struct Leaves {
  Weights weights;
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
};

Leaves LeavesOf(const Weights& weights) {
  Leaves leaves;
  for (const auto& [name, tensor] : weights.tensors()) {
    // The same memory, so that a teacher is not there twice.
    const at::Tensor leaf = tensor.detach().requires_grad_(true);
    leaves.weights.Set(name, leaf);
    leaves.names.push_back(name);
    leaves.tensors.push_back(leaves.weights[name]);
  }
  return leaves;
}

// The gradient of the summed cross-entropy of a tile.
Sums GradientOf(const Leaves& leaves, const Reference& teacher,
                const at::Tensor& images, const at::Tensor& labels) {
  const at::AutoGradMode with_gradients(true);
  const auto logits = LogitsOf(ChainOf(teacher.config, leaves.weights), images);
  const auto loss =
      at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum);
  auto gradients = torch::autograd::grad(
      {loss}, leaves.tensors, /*grad_outputs=*/{}, /*retain_graph=*/false,
      /*create_graph=*/false, /*allow_unused=*/true);
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) {
      gradients[i] = at::zeros_like(leaves.tensors[i]).detach();
    }
  }
  return gradients;
}

ScoreTable ScoresOf(const Reference& teacher, const Images& images,
                    const std::vector<int64_t>& outputs) {
  const OneThreadEach guard;
  const Leaves leaves = LeavesOf(teacher.weights);
  const at::Tensor output_of = at::tensor(outputs, at::kLong);
  const Sums gradients = SumOverTiles(
      images.num_tiles(),
      [&](size_t tile) {
        return GradientOf(leaves, teacher, images.Tile(tile),
                          output_of.index_select(0, images.Labels(tile)));
      },
      kGradientsAtOnce);
  const at::NoGradGuard no_grad;
  ScoreTable table = ZeroScores(teacher);
  for (size_t i = 0; i < leaves.names.size(); ++i) {
    const auto scores =
        (leaves.tensors[i].detach().to(at::kDouble) * gradients[i]).abs();
    RequireFinite(scores, leaves.names[i],
                  "the gradient of the teacher's loss has");
    for (int64_t axis = 0; axis < scores.dim(); ++axis) {
      SetScores(
          table, leaves.names[i], static_cast<size_t>(axis),
          scores.transpose(0, axis).reshape({scores.size(axis), -1}).sum(1));
    }
  }
  return table;
}

}  // namespace

select::ImportanceScores GradientScores(const Reference& teacher,
                                        const Images& images,
                                        const std::vector<int64_t>& outputs) {
  if (!teacher.classifies) {
    throw Error(ErrorKind::kMismatch, "method=taylor",
                "needs the teacher's loss, and with the student's distillation "
                "token it has a classifier more than the teacher; use "
                "method=activation");
  }
  return Lazily([&teacher, &images, outputs] {
    return ScoresOf(teacher, images, outputs);
  });
}

}  // namespace wsel::calibrate
