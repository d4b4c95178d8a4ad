#include "wsel/calibrate/agreement.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <variant>

#include "convnext_pass.h"
#include "layer_fits.h"
#include "model_logits.h"
#include "stream_basis.h"
#include "taken_indices.h"
#include "tile_sums.h"
#include "vit_pass.h"
#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::calibrate {
namespace {

// Receives the stream after each block, and that block's stage.
using OnBlock = std::function<void(const at::Tensor& x, int stage)>;

// Runs all blocks and returns the logits.
at::Tensor RunBlocks(const model::Config& config, const Weights& weights,
                     const at::Tensor& images, const OnBlock& on_block) {
  if (const auto* vit = std::get_if<model::VitConfig>(&config)) {
    const VitPass pass(*vit, weights);
    at::Tensor x = pass.Embed(images);
    for (int64_t b = 0; b < vit->depth; ++b) {
      x = pass.Mlp(b, pass.Attend(b, x).out).out;
      on_block(x, 0);
    }
    return pass.Logits(x);
  }
  const ConvNextPass pass(ConvNextOf(config), weights);
  at::Tensor x = pass.Stem(images);
  for (int stage = 0; stage < 4; ++stage) {
    if (pass.Downsamples(stage)) x = pass.Downsample(stage, x);
    for (int64_t b = 0; b < pass.config().depths[stage]; ++b) {
      x = pass.Block(stage, b, x).out;
      on_block(x, stage);
    }
  }
  return pass.Logits(x);
}

// Of a block: |y|^2, |y encode|^2 of the teacher's stream y without its mean;
// |x encode|^2 and |s - x encode|^2.
at::Tensor Compare(const at::Tensor& teacher, const at::Tensor& student,
                   const at::Tensor& encode) {
  const auto x = teacher.flatten(0, -2).to(at::kDouble);
  const auto y = Centred(x);
  const auto target = at::matmul(x, encode);
  const auto error = student.flatten(0, -2).to(at::kDouble) - target;
  return at::stack({y.square().sum(), at::matmul(y, encode).square().sum(),
                    target.square().sum(), error.square().sum()});
}

double Rounded(double value) {
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

double Quotient(const at::Tensor& a, const at::Tensor& b) {
  const double divisor = b.item<double>();
  return divisor > 0 ? Rounded(a.item<double>() / divisor) : 0;
}

}  // namespace

std::vector<at::Tensor> EncodingOf(const select::Plan& plan) {
  if (!plan.options.Rule().KeepsConsistency() || plan.options.official) {
    return {};
  }
  const auto& teacher = std::get<model::Config>(*plan.teacher);
  model::Config config = teacher;
  const auto widths = FieldsOf(config).widths;
  std::vector<at::Tensor> encode;
  for (size_t stage = 0; stage < widths.size(); ++stage) {
    const std::string set =
        widths.size() == 1 ? "width" : fmt::format("width.{}", stage);
    encode.push_back(
        TakingMap(TakenIndices(plan, set, widths[stage]), widths[stage]));
  }
  return encode;
}

select::Agreement AgreementOf(const Reference& teacher, const Reference& blocks,
                              const model::Config& student,
                              const Weights& weights,
                              const std::vector<at::Tensor>& encode,
                              bool same_classes, const Images& images) {
  const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
    const auto batch = images.Tile(tile);
    std::vector<at::Tensor> streams;
    if (!encode.empty()) {
      RunBlocks(blocks.config, blocks.weights, batch,
                [&](const at::Tensor& x, int) { streams.push_back(x); });
    }
    Sums parts;
    size_t block = 0;
    const auto logits =
        RunBlocks(student, weights, batch, [&](const at::Tensor& s, int stage) {
          if (encode.empty()) return;
          parts.push_back(
              Compare(streams[block++], s, encode[static_cast<size_t>(stage)]));
        });
    if (same_classes) {
      const auto same =
          logits.argmax(1) ==
          ModelLogits(teacher.config, teacher.weights, batch).argmax(1);
      parts.push_back(same.sum().to(at::kDouble));
    }
    return parts;
  });
  select::Agreement agreement;
  const auto names = BlockPrefixes(student);
  for (size_t i = 0; !encode.empty() && i < names.size(); ++i) {
    agreement.stream.push_back({names[i], Quotient(sums[i][1], sums[i][0]),
                                Quotient(sums[i][3], sums[i][2])});
    if (at::isfinite(sums[i]).all().item<bool>()) continue;
    throw Error(ErrorKind::kMismatch, names[i],
                "the student's or the teacher's activations on the calibration "
                "images are NaN or infinite; the teacher's weights are "
                "corrupt, or these are not its images");
  }
  if (same_classes) {
    agreement.top1 = Rounded(100 * sums.back().item<double>() /
                             static_cast<double>(images.size()));
  }
  return agreement;
}

}  // namespace wsel::calibrate
