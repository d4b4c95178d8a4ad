#include <ATen/ATen.h>

#include <string>
#include <variant>

#include "layer_fits.h"
#include "projected_attention.h"
#include "rotated_readers.h"
#include "student_tensors.h"
#include "vit_basis.h"
#include "vit_pass.h"
#include "vit_solve.h"
#include "vit_taken_heads.h"

namespace wsel::calibrate {
namespace {

// Projection of a ViT; each member computes one part, in the order of the
// forward pass.
class VitProjection {
 public:
  VitProjection(const select::Plan& plan, const Reference& teacher,
                const Images& images)
      : plan_(plan),
        images_(images),
        teacher_(std::get<model::VitConfig>(teacher.config), teacher.weights),
        student_(
            std::get<model::VitConfig>(std::get<model::Config>(plan.student)),
            weights_),
        basis_(teacher_, to().embed_dim, images),
        encode_(basis_.encode()),
        streams_(images.num_tiles()),
        fits_(teacher.weights, weights_, streams_) {}

  SolvedStudent Run(const std::string& teacher_digest) {
    ProjectEmbedding();
    streams_.Begin([&](size_t tile) {
      const auto images = images_.Tile(tile);
      return std::pair(teacher_.Embed(images), student_.Embed(images));
    });
    for (int64_t b = 0; b < from().depth; ++b) {
      ProjectAttentionOf(b);
      ProjectMlpOf(b);
    }
    ProjectHeads();
    return {
        StudentOf(plan_, weights_, teacher_digest), {encode_}, fits_.warning()};
  }

 private:
  const model::VitConfig& from() const { return teacher_.config(); }
  const model::VitConfig& to() const { return student_.config(); }
  const Weights& source() const { return teacher_.weights(); }
  bool scaled() const { return to().HasLayerScale(); }

  // All that writes to the stream before the blocks.
  void ProjectEmbedding() {
    const at::Tensor map = from().pre_norm ? basis_.NormPreMap() : encode_;
    for (const char* name :
         {"cls_token", "reg_token", "pos_embed", "dist_token"}) {
      const at::Tensor token = source()[name];
      if (!token.defined()) continue;
      weights_.Set(name, at::matmul(token.to(at::kDouble), map));
    }
    const std::string patch = "patch_embed.proj";
    const auto kernel = source()[patch + ".weight"].to(at::kDouble);
    const auto projected = at::matmul(map.t(), kernel.flatten(1));
    weights_.Set(patch + ".weight",
                 projected.view({map.size(1), kernel.size(1), kernel.size(2),
                                 kernel.size(3)}));
    if (const at::Tensor bias = source()[patch + ".bias"]; bias.defined()) {
      weights_.Set(patch + ".bias", at::mv(map.t(), bias.to(at::kDouble)));
    }
    if (from().pre_norm) SetNormPre();
    if (const at::Tensor freqs = source()["rope.freqs"]; freqs.defined()) {
      weights_.Set("rope.freqs", freqs.narrow(2, 0, to().num_heads));
    }
  }

  // Its norm is right on average only.
  void SetNormPre() {
    const std::string name = "norm_pre";
    if (!basis_.rotates()) return CopyNorm(name);
    const Sums sums = SumOverTiles(images_.num_tiles(), [&](size_t tile) {
      const auto images = images_.Tile(tile);
      const auto s = student_.Tokens(images).to(at::kDouble);
      const auto y = basis_.Seen(teacher_.Tokens(images));
      return Sums{s.square().sum(), y.square().sum()};
    });
    const double scale =
        NormScale(sums[0].item<double>(), sums[1].item<double>(),
                  to().embed_dim, from().embed_dim);
    weights_.Set(name + ".weight",
                 at::full({to().embed_dim}, scale, at::kDouble));
    if (const at::Tensor bias = source()[name + ".bias"]; bias.defined()) {
      weights_.Set(name + ".bias", at::mv(encode_.t(), bias.to(at::kDouble)));
    }
  }

  void CopyNorm(const std::string& name) {
    for (const char* part : {".weight", ".bias"}) {
      const at::Tensor tensor = source()[name + part];
      if (tensor.defined()) weights_.Set(name + part, tensor);
    }
  }

  // `rows` are those of the stream that the norm is applied to.
  void SetNorm(const std::string& norm, const LayerFits::Of& rows) {
    if (!basis_.rotates()) return CopyNorm(norm);
    const Sums sums = streams_.Sum([&](const StreamTile& tile) {
      const auto s = basis_.Seen(rows(tile.student));
      const auto y = basis_.Seen(rows(tile.teacher));
      return Sums{s.square().sum(), y.square().sum()};
    });
    const int64_t width = to().embed_dim;
    const double scale =
        NormScale(sums[0].item<double>(), sums[1].item<double>(), width,
                  from().embed_dim);
    weights_.Set(norm + ".weight", at::full({width}, scale, at::kDouble));
    if (to().norm == model::Norm::kRmsNorm) return;
    weights_.Set(norm + ".bias", at::zeros({width}, at::kDouble));
  }

  static at::Tensor All(const at::Tensor& x) { return x; }

  void ProjectAttentionOf(int64_t b) {
    const std::string name = VitBlock(b);
    const std::string norm = name + ".norm1";
    const std::string proj = name + ".attn.proj";
    const Writer writer{
        {proj}, AttentionScale(from(), b), AttentionScale(to(), b)};
    const HeadSizes sizes{from().num_heads, from().HeadDim(), to().num_heads,
                          to().HeadDim()};
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Attend(b, x).out; }, name);
    SetNorm(norm, All);
    const RotatedReader whole = basis_.Reader(norm, QkvLayer(from(), b));
    const auto weight = whole.weight.to(at::kFloat);
    const auto bias = whole.bias.to(at::kFloat);
    Sums sums;
    if (!sizes.KeepsAll()) {
      sums = streams_.Sum([&](const StreamTile& tile) {
        const auto all =
            at::linear(student_.Norm(norm, tile.student), weight, bias);
        return AttentionSums(all, teacher_.Mix(b, all), sizes);
      });
    }
    const auto projected = ProjectAttention(
        whole, fits_.EncodedWriter(writer, encode_), sums, sizes);
    SetReader(projected.qkv, norm, QkvLayer(to(), b), weights_);
    TakeHeads(source(), from(), b, projected.heads, weights_);
    SetWriter(proj, projected.outer);
    fits_.FitWriter(
        writer, scaled(), encode_, projected.outer,
        [&](const at::Tensor& s) { return student_.Attend(b, s).mixed; });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Attend(b, s).out; });
  }

  // Before it is fitted.
  void SetWriter(const std::string& layer, const at::Tensor& weight) {
    weights_.Set(layer + ".weight", weight);
    if (!to().proj_bias) return;
    weights_.Set(layer + ".bias", at::zeros({to().embed_dim}, at::kDouble));
  }

  // The hidden channels with the largest mean square times the norm of what
  // they write.
  at::Tensor LargestHidden(int64_t b, const std::string& norm,
                           const RotatedReader& whole,
                           const at::Tensor& outer) {
    const auto weight = whole.weight.to(at::kFloat);
    const auto bias = whole.bias.to(at::kFloat);
    const Sums sums = streams_.Sum([&](const StreamTile& tile) {
      const auto hidden = teacher_.Hidden(
          b, at::linear(student_.Norm(norm, tile.student), weight, bias));
      return Sums{hidden.flatten(0, 1).to(at::kDouble).square().sum(0)};
    });
    const auto scores = sums[0] * outer.square().sum(0);
    const auto order = std::get<1>(
        scores.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
    return std::get<0>(order.narrow(0, 0, to().MlpHidden()).sort());
  }

  void ProjectMlpOf(int64_t b) {
    const std::string name = VitBlock(b);
    const std::string norm = name + ".norm2";
    const std::string fc2 = name + ".mlp.fc2";
    const Writer writer{{fc2}, HiddenScale(from(), b), HiddenScale(to(), b)};
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Mlp(b, x).out; }, name);
    SetNorm(norm, All);
    const RotatedReader whole = basis_.Reader(norm, HiddenLayer(from(), b));
    const auto outer = fits_.EncodedWriter(writer, encode_);
    const auto kept = LargestHidden(b, norm, whole, outer);
    const auto rows = HiddenRows(from(), kept);
    SetReader(
        {whole.weight.index_select(0, rows), whole.bias.index_select(0, rows)},
        norm, HiddenLayer(to(), b), weights_);
    TakeNorm(source(), name + ".mlp.norm", kept, weights_);
    const auto around = outer.index_select(1, kept);
    SetWriter(fc2, around);
    fits_.FitWriter(
        writer, scaled(), encode_, around,
        [&](const at::Tensor& s) { return student_.Mlp(b, s).hidden; });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Mlp(b, s).out; });
  }

  // A classifier that is not the teacher's has only the norm.
  void ProjectHeads() {
    const std::string norm = from().final_norm ? teacher_.FinalNorm() : "";
    if (from().final_norm) {
      SetNorm(norm,
              [&](const at::Tensor& x) { return teacher_.FinalNormInput(x); });
    }
    if (plan_.options.head != select::Head::kReuse) return;
    for (const char* head : {"head", "head_dist"}) {
      if (!source().Has(std::string(head) + ".weight")) continue;
      const StackedLayer layer = WholeLayer(head, /*with_bias=*/true);
      // Without a norm it reads the stream itself.
      const RotatedReader reader =
          norm.empty() ? basis_.PlainReader(layer) : basis_.Reader(norm, layer);
      SetReader(reader, norm, layer, weights_);
    }
  }

  const select::Plan& plan_;
  const Images& images_;
  VitPass teacher_;
  Weights weights_;
  VitPass student_;  // of weights_, as they are set
  const VitBasis basis_;
  const at::Tensor encode_;  // [D, d], the basis'
  StreamPair streams_;
  LayerFits fits_;
};

}  // namespace

SolvedStudent ProjectVit(const select::Plan& plan, const Reference& teacher,
                         const Images& images) {
  return VitProjection(plan, teacher, images).Run(teacher.teacher_digest);
}

}  // namespace wsel::calibrate
