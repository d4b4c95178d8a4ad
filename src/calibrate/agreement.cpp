#include "wsel/calibrate/agreement.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <variant>

#include "architecture.h"
#include "finite.h"
#include "layer_chain.h"
#include "stream_basis.h"
#include "taken_indices.h"
#include "tile_sums.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::calibrate {
namespace {

// Of a block: |y|^2, |y encode|^2 of the teacher's stream as norms see it, y;
// |x encode|^2 and |s - x encode|^2 of the whole stream x.
at::Tensor Compare(const at::Tensor& teacher, const at::Tensor& student,
                   const at::Tensor& encode, model::Norm norm) {
  const auto x = teacher.flatten(0, -2).to(at::kDouble);
  const auto y = SeenByNorm(x, norm);
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

// Of the sums of Compare. Errors: kMismatch if they are not finite.
select::StreamAgreement AgreementAt(const std::string& block,
                                    const at::Tensor& sums) {
  RequireFinite(sums, block,
                "the student's or the teacher's activations on the "
                "calibration images have");
  return {block, Quotient(sums[1], sums[0]), Quotient(sums[3], sums[2])};
}

}  // namespace

std::vector<at::Tensor> EncodingOf(const select::Plan& plan) {
  if (!plan.options.Rule().KeepsConsistency() || plan.options.official) {
    return {};
  }
  auto teacher = std::get<model::Config>(*plan.teacher);
  auto student = std::get<model::Config>(plan.student);
  const auto widths = FieldsOf(teacher).widths;
  const auto kept = FieldsOf(student).widths;
  std::vector<at::Tensor> encode;
  for (size_t stage = 0; stage < widths.size(); ++stage) {
    const std::string set =
        widths.size() == 1 ? "width" : fmt::format("width.{}", stage);
    encode.push_back(TakingMap(
        TakenIndices(plan, set, widths[stage], kept[stage]), widths[stage]));
  }
  return encode;
}

select::Agreement AgreementOf(const Reference& teacher, const Reference& blocks,
                              const model::Config& student,
                              const Weights& weights,
                              const std::vector<at::Tensor>& encode,
                              bool same_classes, const Images& images) {
  const LayerChain of_teacher = ChainOf(teacher.config, teacher.weights);
  const LayerChain of_blocks = ChainOf(blocks.config, blocks.weights);
  const LayerChain of_student = ChainOf(student, weights);
  const model::Norm norm = ArchitectureOf(teacher.config).norm(teacher.config);
  const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
    const auto batch = images.Tile(tile);
    std::vector<at::Tensor> streams;
    if (!encode.empty()) {
      LastStream(of_blocks, batch, [&](const ChainLayer&, const at::Tensor& x) {
        streams.push_back(x);
      });
    }
    Sums parts;
    size_t block = 0;
    const auto last = LastStream(
        of_student, batch, [&](const ChainLayer& layer, const at::Tensor& s) {
          if (encode.empty()) return;
          parts.push_back(Compare(streams[block++], s,
                                  encode[static_cast<size_t>(layer.stage)],
                                  norm));
        });
    if (same_classes) {
      const auto same = of_student.logits(last).argmax(1) ==
                        LogitsOf(of_teacher, batch).argmax(1);
      parts.push_back(same.sum().to(at::kDouble));
    }
    return parts;
  });
  select::Agreement agreement;
  const auto names = BlockPrefixes(student);
  for (size_t i = 0; !encode.empty() && i < names.size(); ++i) {
    agreement.stream.push_back(AgreementAt(names[i], sums[i]));
  }
  if (same_classes) {
    agreement.top1 = Rounded(100 * sums.back().item<double>() /
                             static_cast<double>(images.size()));
  }
  return agreement;
}

select::StreamAgreement OutputAgreementOf(const Reference& teacher,
                                          const model::Config& student,
                                          const Weights& weights,
                                          const std::vector<at::Tensor>& encode,
                                          const Images& images) {
  const LayerChain of_teacher = ChainOf(teacher.config, teacher.weights);
  const LayerChain of_student = ChainOf(student, weights);
  const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
    const auto batch = images.Tile(tile);
    return Sums{Compare(LastStream(of_teacher, batch),
                        LastStream(of_student, batch), encode.back(),
                        ArchitectureOf(teacher.config).norm(teacher.config))};
  });
  return AgreementAt(BlockPrefixes(student).back(), sums[0]);
}

double LackingShare(const select::StreamAgreement& agreement) {
  return 1 - agreement.kept + agreement.kept * agreement.error;
}

}  // namespace wsel::calibrate
