#include <ATen/ATen.h>
#include <fmt/format.h>

#include <variant>

#include "layer_fits.h"
#include "regression.h"
#include "taken_indices.h"
#include "vit_pass.h"

namespace wsel::calibrate {
namespace {

// Regression of a ViT; each member fits one part, in the order of the forward
// pass.
class VitRegression {
 public:
  VitRegression(const select::Plan& plan, const Reference& teacher,
                const Images& images, Weights& weights)
      : plan_(plan),
        images_(images),
        teacher_(std::get<model::VitConfig>(teacher.config), teacher.weights),
        student_(
            std::get<model::VitConfig>(std::get<model::Config>(plan.student)),
            weights),
        weights_(weights),
        width_(TakenIndices(plan, "width", teacher_.config().embed_dim,
                            student_.config().embed_dim)),
        encode_(TakingMap(width_, teacher_.config().embed_dim)),
        streams_(images.num_tiles()),
        fits_(teacher.weights, weights, streams_) {}

  Regression Run() {
    if (student_.config().pre_norm && teacher_.config().pre_norm) FitNormPre();
    streams_.Begin([&](size_t tile) {
      const auto images = images_.Tile(tile);
      return std::pair(teacher_.Embed(images), student_.Embed(images));
    });
    for (int64_t b = 0; b < student_.config().depth; ++b) {
      FitAttention(b);
      FitMlp(b);
    }
    if (plan_.options.head == select::Head::kReuse) FitHeads();
    return {{encode_}, fits_.warning()};
  }

 private:
  bool scaled() const { return student_.config().layer_scale > 0; }

  // The norm of the kept channels alone is not the teacher's on them.
  void FitNormPre() {
    const Sums sums = SumOverTiles(images_.num_tiles(), [&](size_t tile) {
      const auto images = images_.Tile(tile);
      const auto tokens = student_.Tokens(images);
      const auto normed = at::layer_norm(tokens, {tokens.size(-1)}, {}, {},
                                         student_.config().norm_eps);
      return ChannelSums(normed,
                         teacher_.Embed(images).index_select(-1, width_));
    });
    const LinearFit fit = ChannelRidge(sums, weights_["norm_pre.weight"],
                                       /*with_bias=*/true, "norm_pre");
    weights_.Set("norm_pre.weight", fit.weight);
    weights_.Set("norm_pre.bias", fit.bias);
  }

  void FitAttention(int64_t b) {
    const std::string name = VitPass::Block(b);
    const std::string qkv = name + ".attn.qkv";
    const std::string proj = name + ".attn.proj";
    const int64_t inner = teacher_.config().embed_dim;
    const auto taken =
        TakenIndices(plan_, name + ".attn", inner, student_.config().embed_dim);
    const auto rows = at::cat({taken, taken + inner, taken + 2 * inner});
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Attend(b, x).out; }, name);
    fits_.FitReader(
        qkv,
        [&](const at::Tensor& s) { return student_.Norm(name + ".norm1", s); },
        [&](const at::Tensor& x) {
          return teacher_.Qkv(b, x).index_select(-1, rows);
        });
    fits_.FitWriter(
        proj, name + ".ls1.gamma", scaled(), encode_,
        fits_.EncodedWriter(proj, name + ".ls1.gamma", encode_)
            .index_select(1, taken),
        [&](const at::Tensor& s) { return student_.Attend(b, s).mixed; });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Attend(b, s).out; });
  }

  void FitMlp(int64_t b) {
    const std::string name = VitPass::Block(b);
    const std::string fc1 = name + ".mlp.fc1";
    const std::string fc2 = name + ".mlp.fc2";
    const auto taken =
        TakenIndices(plan_, name + ".mlp", teacher_.config().MlpHidden(),
                     student_.config().MlpHidden());
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Mlp(b, x).out; }, name);
    fits_.FitReader(
        fc1,
        [&](const at::Tensor& s) { return student_.Norm(name + ".norm2", s); },
        [&](const at::Tensor& x) {
          return teacher_.Fc1(b, x).index_select(-1, taken);
        });
    fits_.FitWriter(
        fc2, name + ".ls2.gamma", scaled(), encode_,
        fits_.EncodedWriter(fc2, name + ".ls2.gamma", encode_)
            .index_select(1, taken),
        [&](const at::Tensor& s) { return student_.Mlp(b, s).hidden; });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Mlp(b, s).out; });
  }

  void FitHeads() {
    const size_t heads = student_.config().dist_token ? 2 : 1;
    const auto input = [](const VitPass& of, const at::Tensor& x, size_t i) {
      return of.HeadInputs(of.Norm(of.FinalNorm(), of.FinalNormInput(x)))[i];
    };
    for (size_t i = 0; i < heads; ++i) {
      const std::string name = i == 0 ? "head" : "head_dist";
      fits_.FitReader(
          name,
          [&](const at::Tensor& s) { return input(student_, s, i).features; },
          [&](const at::Tensor& x) {
            return teacher_.Read(name, input(teacher_, x, i).features);
          });
    }
  }

  const select::Plan& plan_;
  const Images& images_;
  VitPass teacher_;
  VitPass student_;
  Weights& weights_;
  at::Tensor width_;   // [d] indices
  at::Tensor encode_;  // [D, d]
  StreamPair streams_;
  LayerFits fits_;
};

}  // namespace

Regression RegressVit(const select::Plan& plan, const Reference& teacher,
                      const Images& images, Weights& student) {
  return VitRegression(plan, teacher, images, student).Run();
}

}  // namespace wsel::calibrate
