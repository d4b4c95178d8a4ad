#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <variant>

#include "finite.h"
#include "layer_fits.h"
#include "projected_attention.h"
#include "rotated_readers.h"
#include "stream_basis.h"
#include "stream_moments.h"
#include "student_tensors.h"
#include "taken_heads.h"
#include "vit_pass.h"
#include "wsel/calibrate/solve.h"

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
  bool scaled() const { return to().HasLayerScale(); }

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
    if (from().norm == model::Norm::kRmsNorm) {
      basis_ = encode_ = UncentredBasis(moments, to().embed_dim);
      return;
    }
    basis_ = StreamBasis(moments, to().embed_dim);
    encode_ = basis_ - basis_.mean(0, /*keepdim=*/true);
    if (!from().final_norm) KeepMean();
  }

  // Without a final norm the classifier reads the stream's mean, too: it takes
  // the constant direction, of which layer norms see nothing.
  void KeepMean() {
    const auto sizes = static_cast<double>(encode_.numel());
    encode_ = encode_ + 1 / std::sqrt(sizes);
  }

  // A stream [..., channels] as its norms see it, in float64.
  at::Tensor Seen(const at::Tensor& x) const {
    return SeenByNorm(x.to(at::kDouble), from().norm);
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
    if (const at::Tensor freqs = source()["rope.freqs"]; freqs.defined()) {
      weights_.Set("rope.freqs", freqs.narrow(2, 0, to().num_heads));
    }
  }

  // What is written before norm_pre, e, becomes e M diag(g) M P: the direction
  // of what the teacher's norm makes of it, M = I - 11'/D.
  at::Tensor NormPreMap() const {
    if (!rotates()) return encode_;
    const auto scale = source()["norm_pre.weight"].to(at::kDouble);
    const auto inner = scale.unsqueeze(1) * basis_;
    return from().norm == model::Norm::kRmsNorm
               ? inner
               : inner - inner.mean(0, /*keepdim=*/true);
  }

  // Its norm is right on average only.
  void SetNormPre() {
    const std::string name = "norm_pre";
    if (!rotates()) return CopyNorm(name);
    const Sums sums = SumOverTiles(images_.num_tiles(), [&](size_t tile) {
      const auto images = images_.Tile(tile);
      const auto s = student_.Tokens(images).to(at::kDouble);
      const auto y = Seen(teacher_.Tokens(images));
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

  // The layer that reads what `norm` makes of the stream.
  RotatedReader ReaderOf(const std::string& norm,
                         const StackedLayer& layer) const {
    return rotates() ? Rotated(source(), norm, layer, basis_) : Own(layer);
  }

  // A layer of a stream that is not rotated.
  RotatedReader Own(const StackedLayer& layer) const {
    const auto weight = WeightOf(layer, source()).to(at::kDouble);
    const at::Tensor bias = BiasOf(layer, source());
    return {weight, bias.defined() ? bias.to(at::kDouble)
                                   : at::zeros({weight.size(0)}, at::kDouble)};
  }

  // `rows` are those of the stream that the norm is applied to.
  void SetNorm(const std::string& norm, const LayerFits::Of& rows) {
    if (!rotates()) return CopyNorm(norm);
    const Sums sums = streams_.Sum([&](const StreamTile& tile) {
      const auto s = Seen(rows(tile.student));
      const auto y = Seen(rows(tile.teacher));
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
    const RotatedReader whole = ReaderOf(norm, QkvLayer(from(), b));
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
    const RotatedReader whole = ReaderOf(norm, HiddenLayer(from(), b));
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
      const RotatedReader reader = norm.empty()
                                       ? Rotated(source(), norm, layer, encode_)
                                       : ReaderOf(norm, layer);
      SetReader(reader, norm, layer, weights_);
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
