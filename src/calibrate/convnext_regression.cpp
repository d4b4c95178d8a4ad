#include "convnext_regression.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "convnext_pass.h"
#include "layer_fits.h"
#include "taken_indices.h"
#include "wsel/nn/convnext_norm.h"

namespace wsel::calibrate {
namespace {

// Regression of a ConvNeXt; each member fits one part, in the order of the
// forward pass.
class ConvNextRegression {
 public:
  ConvNextRegression(const select::Plan& plan, const Reference& teacher,
                     const Images& images, Weights& weights)
      : plan_(plan),
        images_(images),
        teacher_(ConvNextOf(teacher.config), teacher.weights),
        student_(ConvNextOf(std::get<model::Config>(plan.student)), weights),
        weights_(weights),
        streams_(images.num_tiles()),
        fits_(teacher.weights, weights, streams_) {
    for (int stage = 0; stage < 4; ++stage) {
      const int64_t of = teacher_.config().dims[stage];
      width_.push_back(TakenIndices(plan, fmt::format("width.{}", stage), of,
                                    student_.config().dims[stage]));
      encode_.push_back(TakingMap(width_.back(), of));
    }
  }

  Regression Run() {
    FitStemNorm();
    streams_.Begin([&](size_t tile) {
      const auto images = images_.Tile(tile);
      return std::pair(teacher_.Stem(images), student_.Stem(images));
    });
    for (int stage = 0; stage < 4; ++stage) {
      if (student_.Downsamples(stage)) FitDownsample(stage);
      for (int64_t b = 0; b < student_.config().depths[stage]; ++b) {
        FitBlock(stage, b);
      }
    }
    FitPreLogits();
    if (plan_.options.head == select::Head::kReuse &&
        student_.config().num_classes > 0) {
      fits_.FitReader(
          "head.fc", [&](const at::Tensor& s) { return student_.Features(s); },
          [&](const at::Tensor& x) { return teacher_.Logits(x); });
    }
    return {encode_, fits_.warning()};
  }

 private:
  // The norm over only the kept channels is not the teacher's on them.
  void FitStemNorm() {
    const model::ConvNextConfig& config = student_.config();
    const std::string name = config.StemNorm();
    const Sums sums = SumOverTiles(images_.num_tiles(), [&](size_t tile) {
      const auto images = images_.Tile(tile);
      const auto x = student_.StemConv(images);
      const auto normed =
          nn::Normalise(x, config.norm_layer, {}, {}, config.norm_eps);
      return ChannelSums(normed,
                         teacher_.Stem(images).index_select(-1, width_[0]));
    });
    const bool with_bias =
        weights_.Has(name + ".bias") &&
        teacher_.weights().Has(teacher_.config().StemNorm() + ".bias");
    FitChannels(name, sums, with_bias, weights_);
  }

  // A student's own is drawn at random, and stays so.
  void FitPreLogits() {
    const int64_t from = teacher_.config().head_hidden_size;
    const int64_t to = student_.config().head_hidden_size;
    if (from == 0 || to == 0) return;
    const auto taken = TakenIndices(plan_, "pre_logits.0", from, to);
    fits_.FitReader(
        kPreLogits, [&](const at::Tensor& s) { return student_.Pooled(s); },
        [&](const at::Tensor& x) {
          return teacher_.PreLogits(x).index_select(-1, taken);
        });
  }

  void FitDownsample(int stage) {
    const std::string name = ConvNextPass::DownsampleName(stage);
    const auto& width = width_[static_cast<size_t>(stage)];
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Downsample(stage, x); },
        name);
    fits_.FitReader(
        name + ".1",
        [&](const at::Tensor& s) {
          return PatchesOf2x2(student_.DownsampleNorm(stage, s));
        },
        [&](const at::Tensor& x) {
          return teacher_.Downsample(stage, x).index_select(-1, width);
        });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Downsample(stage, s); });
  }

  void FitBlock(int stage, int64_t b) {
    const std::string name = ConvNextPass::Name(stage, b);
    const std::string fc2 = name + ".mlp.fc2";
    const std::string gamma = name + ".gamma";
    const auto& encode = encode_[static_cast<size_t>(stage)];
    const auto taken =
        TakenIndices(plan_, name + ".mlp", 4 * teacher_.config().dims[stage],
                     4 * student_.config().dims[stage]);
    streams_.StepTeacher(
        [&](const at::Tensor& x) { return teacher_.Block(stage, b, x).out; },
        name);
    fits_.FitReader(
        name + ".mlp.fc1",
        [&](const at::Tensor& s) { return student_.Normed(stage, b, s); },
        [&](const at::Tensor& x) {
          return teacher_.Fc1(stage, b, teacher_.Normed(stage, b, x))
              .index_select(-1, taken);
        });
    const Writer writer{{fc2}, gamma, gamma};
    fits_.FitWriter(writer, student_.config().layer_scale > 0, encode,
                    fits_.EncodedWriter(writer, encode).index_select(1, taken),
                    [&](const at::Tensor& s) {
                      return student_.Block(stage, b, s).hidden;
                    });
    streams_.StepStudent(
        [&](const at::Tensor& s) { return student_.Block(stage, b, s).out; });
  }

  const select::Plan& plan_;
  const Images& images_;
  ConvNextPass teacher_;
  ConvNextPass student_;
  Weights& weights_;
  std::vector<at::Tensor> width_;   // per stage, indices
  std::vector<at::Tensor> encode_;  // per stage [D, d]
  StreamPair streams_;
  LayerFits fits_;
};

}  // namespace

Regression RegressConvNext(const select::Plan& plan, const Reference& teacher,
                           const Images& images, Weights& student) {
  return ConvNextRegression(plan, teacher, images, student).Run();
}

}  // namespace wsel::calibrate
