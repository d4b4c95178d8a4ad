#include "wsel/augment/mix.h"

#include <algorithm>
#include <cmath>

#include "sample_stream.h"

namespace wsel::augment {
namespace {

// Consecutive draws from a stream.
class DrawSequence {
 public:
  explicit DrawSequence(const RandomStream& stream) : stream_(stream) {}
  double Uniform() { return stream_.Uniform(next_++); }
  double Normal() { return NormalQuantile(Uniform()); }

 private:
  RandomStream stream_;
  uint64_t next_ = 0;
};

// Beta(a, a) for a <= 1. Source: Joehnk 1964, with logarithms where the powers
// underflow.
double SmallBeta(double a, DrawSequence& draws) {
  while (true) {
    const double u = draws.Uniform();
    const double v = draws.Uniform();
    const double x = std::pow(u, 1 / a);
    const double y = std::pow(v, 1 / a);
    if (x + y > 1) continue;
    if (x + y > 0) return x / (x + y);
    return 1 / (1 + std::exp((std::log(v) - std::log(u)) / a));
  }
}

// Gamma(a, 1) for a >= 1. Source: Marsaglia and Tsang, "A simple method for
// generating gamma variables", ACM TOMS 2000.
double Gamma(double a, DrawSequence& draws) {
  const double d = a - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = draws.Normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(draws.Uniform()) < x * x / 2 + d - d * v + d * std::log(v)) {
      return d * v;
    }
  }
}

double Beta(double a, DrawSequence draws) {
  if (a <= 1) return SmallBeta(a, draws);
  const double x = Gamma(a, draws);
  const double y = Gamma(a, draws);
  return x / (x + y);
}

// Source: timm's rand_bbox, which corrects lambda for boxes cut by the border.
void DrawBox(const HeightWidth& img_size, const RandomStream& stream,
             MixDraw& draw) {
  const double share = std::sqrt(1 - draw.lambda);
  const auto height = static_cast<int>(img_size.height);
  const auto width = static_cast<int>(img_size.width);
  const auto box_height = static_cast<int>(height * share);
  const auto box_width = static_cast<int>(width * share);
  const int y = UpTo(stream, 0, height - 1);
  const int x = UpTo(stream, 1, width - 1);
  draw.top = std::max(y - box_height / 2, 0);
  draw.bottom = std::min(y + (box_height + 1) / 2, height);
  draw.left = std::max(x - box_width / 2, 0);
  draw.right = std::min(x + (box_width + 1) / 2, width);
  draw.lambda = 1 - static_cast<double>(draw.bottom - draw.top) *
                        (draw.right - draw.left) /
                        static_cast<double>(img_size.Area());
}

}  // namespace

MixDraw DrawMix(const MixOptions& options, const HeightWidth& img_size,
                uint64_t seed, int64_t step, int64_t group) {
  const auto stream = [&](std::string_view purpose) {
    return StreamAt(seed, "augment.unit", step, group, purpose);
  };
  MixDraw draw;
  const bool mixup = options.mixup_alpha > 0;
  const bool cutmix = options.cutmix_alpha > 0;
  const auto choice = stream("choice");
  if (!MixingEnabled(options)) return draw;
  if (choice.Uniform(0) >= options.probability) return draw;
  draw.cutmix =
      cutmix && (!mixup || choice.Uniform(1) < options.switch_probability);
  draw.lambda = Beta(draw.cutmix ? options.cutmix_alpha : options.mixup_alpha,
                     DrawSequence(stream("lambda")));
  if (draw.lambda == 1) return {};
  if (draw.cutmix) DrawBox(img_size, stream("box"), draw);
  return draw;
}

}  // namespace wsel::augment
