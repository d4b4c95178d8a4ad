#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "finite.h"
#include "forward.h"
#include "layer_fits.h"
#include "projected_attention.h"
#include "rotated_readers.h"
#include "stream_basis.h"
#include "stream_moments.h"
#include "student_tensors.h"
#include "vit_pass.h"
#include "wsel/calibrate/solve.h"
#include "wsel/nn/activation.h"

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
        streams_(images.num_tiles()),
        fits_(teacher.weights, weights_, streams_) {}

  SolvedStudent Run(const std::string& teacher_digest) {
    const OneThreadEach guard;
    const at::NoGradGuard no_grad;
    ChooseBasis();
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
  bool scaled() const { return to().layer_scale > 0; }

  // The norm before the blocks weighs channels one by one: a stream of the
  // teacher's own width is then better left as it is.
  bool rotates() const {
    return !(from().pre_norm && from().embed_dim == to().embed_dim);
  }

  void ChooseBasis() {
    const int64_t width = from().embed_dim;
    if (!rotates()) {
      basis_ = encode_ = at::eye(width, at::kDouble);
      return;
    }
    const at::Tensor moments = StreamMoments(teacher_, images_);
    if (!at::isfinite(moments).all().item<bool>()) FindNonFinite();
    basis_ = StreamBasis(moments, to().embed_dim);
    encode_ = basis_ - basis_.mean(0, /*keepdim=*/true);
  }

  // Throws for the first block with activations that are not finite.
  [[noreturn]] void FindNonFinite() {
    for (size_t tile = 0; tile < images_.num_tiles(); ++tile) {
      at::Tensor x = teacher_.Embed(images_.Tile(tile));
      RequireFinite(x, "patch_embed");
      for (int64_t b = 0; b < from().depth; ++b) {
        x = teacher_.Mlp(b, teacher_.Attend(b, x).out).out;
        RequireFinite(x, VitPass::Block(b));
      }
    }
    ThrowNotFinite("blocks");  // a sum of finite ones overflowed
  }

  // All that writes to the stream before the blocks.
  void ProjectEmbedding() {
    const at::Tensor map = from().pre_norm ? NormPreMap() : encode_;
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
  }

  // What is written before norm_pre, e, becomes e M diag(g) M P: the direction
  // of what the teacher's norm makes of it, M = I - 11'/D.
  at::Tensor NormPreMap() const {
    if (!rotates()) return encode_;
    const auto scale = source()["norm_pre.weight"].to(at::kDouble);
    const auto inner = scale.unsqueeze(1) * encode_;
    return inner - inner.mean(0, /*keepdim=*/true);
  }

  // Its norm is right on average only.
  void SetNormPre() {
    const std::string name = "norm_pre";
    if (!rotates()) return CopyNorm(name);
    const Sums sums = SumOverTiles(images_.num_tiles(), [&](size_t tile) {
      const auto images = images_.Tile(tile);
      const auto s = student_.Tokens(images).to(at::kDouble);
      const auto y = Centred(teacher_.Tokens(images).to(at::kDouble));
      return Sums{s.square().sum(), y.square().sum()};
    });
    const double scale =
        NormScale(sums[0].item<double>(), sums[1].item<double>(),
                  to().embed_dim, from().embed_dim);
    weights_.Set(name + ".weight",
                 at::full({to().embed_dim}, scale, at::kDouble));
    weights_.Set(name + ".bias",
                 at::mv(encode_.t(), source()[name + ".bias"].to(at::kDouble)));
  }

  void CopyNorm(const std::string& name) {
    weights_.Set(name + ".weight", source()[name + ".weight"]);
    weights_.Set(name + ".bias", source()[name + ".bias"]);
  }

  // Sets the norm, and returns the layer that reads it. `rows` are those of the
  // stream that the norm is applied to.
  RotatedReader ProjectReader(const std::string& norm, const std::string& layer,
                              const LayerFits::Of& rows) {
    if (!rotates()) {
      CopyNorm(norm);
      const auto weight = source()[layer + ".weight"].to(at::kDouble);
      const at::Tensor bias = source()[layer + ".bias"];
      return {weight, bias.defined()
                          ? bias.to(at::kDouble)
                          : at::zeros({weight.size(0)}, at::kDouble)};
    }
    SetNormScale(norm, rows);
    return Rotated(source(), norm, layer, basis_);
  }

  void SetNormScale(const std::string& norm, const LayerFits::Of& rows) {
    const Sums sums = streams_.Sum([&](const StreamTile& tile) {
      const auto s = Centred(rows(tile.student).to(at::kDouble));
      const auto y = Centred(rows(tile.teacher).to(at::kDouble));
      return Sums{s.square().sum(), y.square().sum()};
    });
    const int64_t width = to().embed_dim;
    const double scale =
        NormScale(sums[0].item<double>(), sums[1].item<double>(), width,
                  from().embed_dim);
    weights_.Set(norm + ".weight", at::full({width}, scale, at::kDouble));
    weights_.Set(norm + ".bias", at::zeros({width}, at::kDouble));
  }

  static at::Tensor All(const at::Tensor& x) { return x; }

  void ProjectAttentionOf(int64_t b) {
    const std::string name = VitPass::Block(b);
    const std::string norm = name + ".norm1";
    const std::string qkv = name + ".attn.qkv";
    const std::string proj = name + ".attn.proj";
    const std::string gamma = name + ".ls1.gamma";
    const HeadSizes sizes{from().num_heads, from().HeadDim(), to().num_heads,
                          to().HeadDim()};
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Attend(b, x).out; }, name);
    const RotatedReader whole = ProjectReader(norm, qkv, All);
    const auto weight = whole.weight.to(at::kFloat);
    const auto bias = whole.bias.to(at::kFloat);
    Sums sums;
    if (!sizes.KeepsAll()) {
      sums = streams_.Sum([&](const StreamTile& tile) {
        const auto all =
            at::linear(student_.Norm(norm, tile.student), weight, bias);
        return AttentionSums(all, Attention(all, sizes.heads), sizes);
      });
    }
    const auto projected = ProjectAttention(
        whole, fits_.EncodedWriter(proj, gamma, encode_), sums, sizes);
    SetReader(projected.qkv, norm, qkv, to().qkv_bias, weights_);
    weights_.Set(proj + ".weight", projected.outer);
    weights_.Set(proj + ".bias", at::zeros({to().embed_dim}, at::kDouble));
    fits_.FitWriter(
        proj, gamma, scaled(), encode_, projected.outer,
        [&](const at::Tensor& s) { return student_.Attend(b, s).mixed; });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Attend(b, s).out; });
  }

  // The hidden channels with the largest mean square times the norm of what
  // they write.
  at::Tensor LargestHidden(const std::string& norm, const RotatedReader& whole,
                           const at::Tensor& outer) {
    const auto weight = whole.weight.to(at::kFloat);
    const auto bias = whole.bias.to(at::kFloat);
    const Sums sums = streams_.Sum([&](const StreamTile& tile) {
      const auto hidden = nn::Activate(
          to().activation,
          at::linear(student_.Norm(norm, tile.student), weight, bias));
      return Sums{hidden.flatten(0, 1).to(at::kDouble).square().sum(0)};
    });
    const auto scores = sums[0] * outer.square().sum(0);
    const auto order = std::get<1>(
        scores.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
    return std::get<0>(order.narrow(0, 0, to().MlpHidden()).sort());
  }

  void ProjectMlpOf(int64_t b) {
    const std::string name = VitPass::Block(b);
    const std::string norm = name + ".norm2";
    const std::string fc1 = name + ".mlp.fc1";
    const std::string fc2 = name + ".mlp.fc2";
    const std::string gamma = name + ".ls2.gamma";
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Mlp(b, x).out; }, name);
    const RotatedReader whole = ProjectReader(norm, fc1, All);
    const auto outer = fits_.EncodedWriter(fc2, gamma, encode_);
    const auto kept = LargestHidden(norm, whole, outer);
    SetReader(
        {whole.weight.index_select(0, kept), whole.bias.index_select(0, kept)},
        norm, fc1, /*with_bias=*/true, weights_);
    const auto around = outer.index_select(1, kept);
    weights_.Set(fc2 + ".weight", around);
    weights_.Set(fc2 + ".bias", at::zeros({to().embed_dim}, at::kDouble));
    fits_.FitWriter(
        fc2, gamma, scaled(), encode_, around,
        [&](const at::Tensor& s) { return student_.Mlp(b, s).hidden; });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Mlp(b, s).out; });
  }

  // A classifier that is not the teacher's has the norm alone.
  void ProjectHeads() {
    const std::string norm = teacher_.FinalNorm();
    const LayerFits::Of rows = [&](const at::Tensor& x) {
      return teacher_.FinalNormInput(x);
    };
    if (rotates()) {
      SetNormScale(norm, rows);
    } else {
      CopyNorm(norm);
    }
    if (plan_.options.head != select::Head::kReuse) return;
    for (const char* head : {"head", "head_dist"}) {
      if (!source().Has(std::string(head) + ".weight")) continue;
      SetReader(ProjectReader(norm, head, rows), norm, head, true, weights_);
    }
  }

  const select::Plan& plan_;
  const Images& images_;
  VitPass teacher_;
  Weights weights_;
  VitPass student_;    // of weights_, as they are set
  at::Tensor basis_;   // [D, d]: P
  at::Tensor encode_;  // [D, d]: P without the mean of the stream
  StreamPair streams_;
  LayerFits fits_;
};

}  // namespace

SolvedStudent SolveProjection(const select::Plan& plan,
                              const Reference& teacher, const Images& images) {
  return VitProjection(plan, teacher, images).Run(teacher.teacher_digest);
}

}  // namespace wsel::calibrate
