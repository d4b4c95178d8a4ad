#include <ATen/ATen.h>

#include <variant>

#include "layer_fits.h"
#include "taken_indices.h"
#include "vit_final_fits.h"
#include "vit_pass.h"
#include "vit_solve.h"
#include "vit_taken_heads.h"

namespace wsel::calibrate {
namespace {

const model::VitConfig& VitOf(const model::Config& config) {
  return std::get<model::VitConfig>(config);
}

// Regression of a ViT; each member fits one part, in the order of the forward
// pass.
class VitRegression {
 public:
  VitRegression(const select::Plan& plan, const Reference& teacher,
                const Images& images, Weights& weights)
      : plan_(plan),
        images_(images),
        teacher_(VitOf(teacher.config), teacher.weights),
        student_(VitOf(std::get<model::Config>(plan.student)), weights),
        weights_(weights),
        width_(TakenIndices(plan, "width", from().embed_dim, to().embed_dim)),
        encode_(TakingMap(width_, from().embed_dim)),
        streams_(images.num_tiles()),
        fits_(teacher.weights, weights, streams_) {}

  Regression Run() {
    FitNormsBeforeBlocks();
    streams_.Begin([&](size_t tile) {
      const auto images = images_.Tile(tile);
      return std::pair(teacher_.Embed(images), student_.Embed(images));
    });
    for (int64_t b = 0; b < to().depth; ++b) {
      if (to().diff_attn) {
        TakeLambdas(teacher_.weights(), from(), b, weights_);
      }
      if (IsParallel(to())) {
        FitParallel(b);
        continue;
      }
      FitAttention(b);
      FitMlp(b);
    }
    FitAfterBlocks(plan_, teacher_, student_, width_, fits_);
    return {{encode_}, fits_.warning()};
  }

 private:
  const model::VitConfig& from() const { return teacher_.config(); }
  const model::VitConfig& to() const { return student_.config(); }
  bool scaled() const { return to().HasLayerScale(); }

  void FitNormsBeforeBlocks() {
    if (to().embed_norm && from().embed_norm) {
      FitNorm(
          "patch_embed.norm",
          [&](const at::Tensor& images) { return student_.Patches(images); },
          [&](const at::Tensor& images) {
            return teacher_.Norm("patch_embed.norm", teacher_.Patches(images));
          });
    }
    if (to().pre_norm && from().pre_norm) {
      FitNorm(
          "norm_pre",
          [&](const at::Tensor& images) { return student_.Tokens(images); },
          [&](const at::Tensor& images) { return teacher_.Embed(images); });
    }
  }

  // The norm over only the kept channels is not the teacher's on them. `input`
  // is the student's of the norm, `output` the teacher's.
  void FitNorm(const std::string& name, const LayerFits::Of& input,
               const LayerFits::Of& output) {
    const Sums sums = SumOverTiles(images_.num_tiles(), [&](size_t tile) {
      const auto images = images_.Tile(tile);
      return ChannelSums(student_.PlainNorm(input(images)),
                         output(images).index_select(-1, width_));
    });
    const std::string bias = name + ".bias";
    const bool with_bias = weights_.Has(bias) && teacher_.weights().Has(bias);
    FitChannels(name, sums, with_bias, weights_);
  }

  // Of the teacher's channels of a block. Learnt frequencies are of one tensor,
  // so that all blocks keep the same heads.
  at::Tensor AttentionTaken(int64_t b) const {
    return TakenIndices(plan_,
                        from().rope == model::Rope::kMixed
                            ? std::string("attn")
                            : VitBlock(b) + ".attn",
                        from().embed_dim, to().embed_dim);
  }
  at::Tensor HiddenTaken(int64_t b) const {
    return TakenIndices(plan_, VitBlock(b) + ".mlp", from().MlpHidden(),
                        to().MlpHidden());
  }

  void FitAttention(int64_t b) {
    const std::string name = VitBlock(b);
    const auto taken = AttentionTaken(b);
    const int64_t inner = from().embed_dim;
    const auto rows = at::cat({taken, taken + inner, taken + 2 * inner});
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Attend(b, x).out; }, name);
    fits_.FitReader(
        QkvLayer(to(), b),
        to().qkv == from().qkv && QkvLayer(from(), b).HasBias(),
        [&](const at::Tensor& s) { return student_.AttentionInput(b, s); },
        [&](const at::Tensor& x) {
          return teacher_.Qkv(b, x).index_select(-1, rows);
        });
    FitBranch(
        {{AttentionColumns(to(), b).layer},
         AttentionScale(from(), b),
         AttentionScale(to(), b)},
        name + ".norm1", taken,
        [&](const at::Tensor& s) { return student_.Attend(b, s).mixed; },
        [&](const at::Tensor& x) {
          return teacher_.AttentionBranch(b, teacher_.Attend(b, x).mixed);
        });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Attend(b, s).out; });
  }

  void FitMlp(int64_t b) {
    const std::string name = VitBlock(b);
    const auto taken = HiddenTaken(b);
    const auto rows = HiddenRows(from(), taken);
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Mlp(b, x).out; }, name);
    fits_.FitReader(
        HiddenLayer(to(), b), HiddenLayer(from(), b).HasBias(),
        [&](const at::Tensor& s) { return student_.HiddenInput(b, s); },
        [&](const at::Tensor& x) {
          return teacher_.BeforeHidden(b, x).index_select(-1, rows);
        });
    FitBranch(
        {{HiddenColumns(to(), b).layer},
         HiddenScale(from(), b),
         HiddenScale(to(), b)},
        name + ".norm2", taken,
        [&](const at::Tensor& s) { return student_.Mlp(b, s).hidden; },
        [&](const at::Tensor& x) {
          return teacher_.HiddenBranch(b, teacher_.Mlp(b, x).hidden);
        });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Mlp(b, s).out; });
  }

  // The last layer of a branch, onto the teacher's stream; where `norm` follows
  // it, onto the teacher's `output` of that layer.
  void FitBranch(const Writer& writer, const std::string& norm,
                 const at::Tensor& taken, const LayerFits::Of& input,
                 const LayerFits::Of& output) {
    if (IsPostNorm(to())) {
      FitNormedBranch(writer.layers[0], norm, input, output);
    } else {
      FitWriter(writer, taken, input);
    }
  }

  void FitWriter(const Writer& writer, const at::Tensor& taken,
                 const LayerFits::Of& input) {
    fits_.FitWriter(writer, scaled(), encode_,
                    fits_.EncodedWriter(writer, encode_).index_select(1, taken),
                    input);
  }

  // A branch that ends with a norm: its last layer onto the teacher's, then the
  // norm onto the teacher's stream.
  void FitNormedBranch(const std::string& layer, const std::string& norm,
                       const LayerFits::Of& input,
                       const LayerFits::Of& output) {
    fits_.FitReader(layer, input, [&](const at::Tensor& x) {
      return output(x).index_select(-1, width_);
    });
    const StackedLayer fitted =
        WholeLayer(layer, weights_.Has(layer + ".bias"));
    fits_.FitAddedNorm(norm, encode_, [&](const at::Tensor& s) {
      return student_.PlainNorm(Linear(weights_, fitted, input(s)));
    });
  }

  void FitParallel(int64_t b) {
    const std::string name = VitBlock(b);
    const int64_t attn = from().embed_dim;
    const int64_t hidden = from().MlpHidden();
    const auto rows = TakenIndices(plan_, name + ".mlp+qkv", hidden + 3 * attn,
                                   to().MlpHidden() + 3 * to().embed_dim);
    // Differential attention has one layer after both.
    const auto columns =
        to().diff_attn ? TakenIndices(plan_, name + ".attn+mlp", attn + hidden,
                                      to().embed_dim + to().MlpHidden())
                       : at::cat({AttentionTaken(b), HiddenTaken(b) + attn});
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Forward(b, x); }, name);
    fits_.FitReader(
        name + ".in_proj",
        [&](const at::Tensor& s) {
          return student_.Norm(name + ".in_norm", s);
        },
        [&](const at::Tensor& x) {
          return teacher_.Parallel(b, x).inner.index_select(-1, rows);
        });
    Writer writer{{AttentionColumns(to(), b).layer},
                  AttentionScale(from(), b),
                  AttentionScale(to(), b)};
    if (!to().diff_attn) {
      writer.layers.push_back(HiddenColumns(to(), b).layer);
    }
    FitWriter(writer, columns, [&](const at::Tensor& s) {
      const ParallelBlock block = student_.Parallel(b, s);
      return at::cat({block.mixed, block.hidden}, -1);
    });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Forward(b, s); });
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
