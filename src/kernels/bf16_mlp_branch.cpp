// The MLP branch in bf16. A thread processes tiles of rows, and of a tile the
// hidden channels in chunks, so that all but the weights' gradients stays in
// its L2 cache.
#include "bf16_branch.h"
#include "bf16_branches.h"

namespace wsel::kernels {
namespace {

constexpr int64_t kChunk = 256;  // hidden channels

// What both passes compute with.
struct Bf16Mlp {
  explicit Bf16Mlp(const BranchArguments& from)
      : x(RowsOf(from.x)),
        y(RowsOf(from.y)),
        scale(PerRowFactors(from.scale, y.size(0))),
        branch(from.branch),
        inner(Pack(branch.inner, {})),
        outer(Pack(branch.outer, branch.gamma)) {}

  int64_t rows() const { return y.size(0); }
  int64_t width() const { return y.size(1); }
  // Wide layers have gradients beyond the cache: more rows at a time touch them
  // less often.
  int64_t tile() const { return width() > 256 ? 512 : 256; }
  int64_t tiles_rows() const { return std::min(tile(), rows()); }

  at::Tensor x, y;   // [M, D], float32
  at::Tensor scale;  // [M] or undefined
  ResidualBranch branch;
  PackedLayer inner, outer;
};

// The rows of a tile. `hidden` [M, padded H], mean and rstd [M] are null or
// undefined where nothing is saved.
struct MlpTile {
  const Bf16Mlp& all;
  int64_t first, count;

  template <typename T>
  T* Rows(T* of, int64_t stride) const {
    return of == nullptr ? nullptr : of + first * stride;
  }
  const float* y() const {
    return Rows(all.y.const_data_ptr<float>(), all.width());
  }
  const float* scale() const { return Rows(FloatsOrNull(all.scale), 1); }
};

// Buffers of one thread.
struct MlpForwardBuffers {
  explicit MlpForwardBuffers(const Bf16Mlp& m)
      : normed(m.tiles_rows() * m.inner.padded_in()),
        hidden(m.tiles_rows() * kChunk),
        activation(m.tiles_rows() * kChunk),
        out(m.tiles_rows() * m.outer.padded_out()),
        mean(m.tiles_rows()),
        rstd(m.tiles_rows()) {}

  Buffer<Bf16> normed;
  Buffer<float> hidden;
  Buffer<Bf16> activation;
  Buffer<float> out;
  Buffer<float> mean, rstd;
};

// `hidden` is null where nothing is saved.
void MlpForwardTile(const MlpTile& t, const MlpForwardBuffers& b, float* mean,
                    float* rstd, Bf16* hidden, float* out) {
  const Bf16Mlp& m = t.all;
  const int64_t in = m.inner.padded_in();
  const int64_t channels = m.inner.padded_out();
  NormaliseTile(m.branch, {t.y(), t.count, /*known=*/false, mean, rstd},
                b.normed.get());
  const Bf16* inner = Bf16Data(m.inner.forward);
  const Bf16* outer = Bf16Data(m.outer.forward);
  for (int64_t j = 0; j < channels; j += kChunk) {
    const int64_t n = std::min(kChunk, channels - j);
    MultiplyBf16({t.count, n, in, b.normed.get(), in, inner + 2 * j, channels,
                  b.hidden.get(), kChunk});
    ActiveKernels().gelu_rows({b.hidden.get(), kChunk, t.count,
                               std::min(n, m.inner.out - j),
                               m.inner.bias.const_data_ptr<float>() + j,
                               hidden == nullptr ? nullptr : hidden + j,
                               channels, b.activation.get(), kChunk});
    MultiplyBf16({t.count, m.outer.padded_out(), n, b.activation.get(), kChunk,
                  outer + j * m.outer.padded_out(), m.outer.padded_out(),
                  b.out.get(), m.outer.padded_out(), j > 0});
  }
  ActiveKernels().add_rows(
      {b.out.get(), m.outer.padded_out(), t.count, m.width(),
       m.outer.bias.const_data_ptr<float>(), t.scale(),
       t.Rows(m.x.const_data_ptr<float>(), m.width()), out});
}

// All tiles; the tensors to save are undefined where nothing is.
at::Tensor RunMlpForward(const BranchArguments& arguments,
                         const at::Tensor& hidden, const at::Tensor& mean,
                         const at::Tensor& rstd, const Bf16Mlp& m) {
  const auto out = at::empty_like(m.y);
  const auto buffers = PerPart<MlpForwardBuffers>(m.rows(), m);
  const bool saves = hidden.defined();
  ForRowTiles(
      m.rows(), m.tile(), [&](int64_t part, int64_t first, int64_t count) {
        const Bf16Region region;
        const MlpForwardBuffers& b = buffers[static_cast<size_t>(part)];
        const MlpTile t{m, first, count};
        MlpForwardTile(
            t, b, saves ? t.Rows(mean.data_ptr<float>(), 1) : b.mean.get(),
            saves ? t.Rows(rstd.data_ptr<float>(), 1) : b.rstd.get(),
            saves ? t.Rows(Bf16Data(hidden), m.inner.padded_out()) : nullptr,
            t.Rows(out.data_ptr<float>(), m.width()));
      });
  return out.view_as(arguments.x);
}

struct MlpBackwardBuffers {
  explicit MlpBackwardBuffers(const Bf16Mlp& m) {
    const int64_t rows = m.tiles_rows();
    const int64_t padded = Padded(rows);
    const int64_t width = m.inner.padded_in();
    scaled = Buffer<Bf16>(rows * width);
    normed = Buffer<Bf16>(rows * width);
    pairs = Buffer<Bf16>(padded * width);
    scaled_t = Buffer<Bf16>(padded * width);
    normed_t = Buffer<Bf16>(padded * width);
    d_activation = Buffer<float>(rows * kChunk);
    activation_pairs = Buffer<Bf16>(padded * kChunk);
    d_hidden_pairs = Buffer<Bf16>(padded * kChunk);
    d_hidden = Buffer<Bf16>(rows * kChunk);
    d_normed = Buffer<float>(rows * width);
  }

  Buffer<Bf16> scaled, normed;      // rows
  Buffer<Bf16> pairs;               // on the way to the next
  Buffer<Bf16> scaled_t, normed_t;  // [width, rows]
  Buffer<float> d_activation;
  Buffer<Bf16> activation_pairs, d_hidden_pairs, d_hidden;
  Buffer<float> d_normed;
};

// The left factors of backward's products.
void PrepareMlpTile(const MlpTile& t, const MlpBackwardBuffers& b,
                    const float* gradient, float* mean, float* rstd,
                    Bf16Sums& sums) {
  const Bf16Mlp& m = t.all;
  const int64_t width = m.inner.padded_in();
  RoundGradient({gradient, t.scale(), t.count, m.width()}, b.scaled.get(),
                b.pairs.get(), b.scaled_t.get(), sums);
  NormaliseTile(m.branch, {t.y(), t.count, /*known=*/true, mean, rstd},
                b.normed.get());
  TransposeRows(
      {b.normed.get(), width, t.count, m.width(), b.pairs.get(), width},
      b.normed_t.get());
}

// One chunk of hidden channels from `j` on.
void MlpBackwardChunk(const MlpTile& t, const MlpBackwardBuffers& b,
                      const Bf16* hidden, int64_t j, Bf16Sums& sums) {
  const Bf16Mlp& m = t.all;
  const int64_t width = m.inner.padded_in();
  const int64_t channels = m.inner.padded_out();
  const int64_t n = std::min(kChunk, channels - j);
  const int64_t rows = Padded(t.count);
  MultiplyBf16({t.count, n, width, b.scaled.get(), width,
                Bf16Data(m.outer.backward) + 2 * j, channels,
                b.d_activation.get(), kChunk});
  ActiveKernels().gelu_gradient_rows(
      {hidden + j, channels, b.d_activation.get(), kChunk, t.count,
       std::min(n, m.inner.out - j), b.activation_pairs.get(),
       b.d_hidden_pairs.get(), kChunk, b.d_hidden.get(), kChunk,
       sums.inner_bias.data_ptr<float>() + j});
  MultiplyBf16({width, n, rows, b.scaled_t.get(), rows,
                b.activation_pairs.get(), kChunk,
                sums.outer_weight.data_ptr<float>() + j, channels, true});
  MultiplyBf16({width, n, rows, b.normed_t.get(), rows, b.d_hidden_pairs.get(),
                kChunk, sums.inner_weight.data_ptr<float>() + j, channels,
                true});
  MultiplyBf16({t.count, width, n, b.d_hidden.get(), kChunk,
                Bf16Data(m.inner.backward) + j * width, width, b.d_normed.get(),
                width, j > 0});
}

void MlpBackwardTile(const MlpTile& t, const MlpBackwardBuffers& b,
                     const float* gradient,
                     const std::vector<at::Tensor>& saved, Bf16Sums& sums,
                     float* dy) {
  const Bf16Mlp& m = t.all;
  const int64_t channels = m.inner.padded_out();
  const Bf16* hidden = t.Rows(Bf16Data(saved[0]), channels);
  float* mean = t.Rows(saved[1].data_ptr<float>(), 1);
  float* rstd = t.Rows(saved[2].data_ptr<float>(), 1);
  PrepareMlpTile(t, b, gradient, mean, rstd, sums);
  for (int64_t j = 0; j < channels; j += kChunk) {
    MlpBackwardChunk(t, b, hidden, j, sums);
  }
  ActiveKernels().norm_gradient_rows(
      {t.y(), b.d_normed.get(), m.inner.padded_in(), t.count, m.width(),
       m.branch.norm.weight.const_data_ptr<float>(), mean, rstd,
       /*residual=*/nullptr, dy, sums.norm_weight.data_ptr<float>(),
       sums.norm_bias.data_ptr<float>()});
}

// Saves the values before the activation, and the moments of the norm.
struct Bf16MlpPass {
  static at::Tensor Forward(const BranchArguments& arguments,
                            std::vector<at::Tensor>& saved) {
    const WithoutAutocast guard;
    const Bf16Mlp m(arguments);
    saved = {EmptyBf16({m.rows(), m.inner.padded_out()}), at::empty({m.rows()}),
             at::empty({m.rows()})};
    return RunMlpForward(arguments, saved[0], saved[1], saved[2], m);
  }

  static at::Tensor Evaluate(const BranchArguments& arguments) {
    const WithoutAutocast guard;
    return RunMlpForward(arguments, {}, {}, {}, Bf16Mlp(arguments));
  }

  static BranchArguments Backward(const BranchArguments& arguments,
                                  const std::vector<at::Tensor>& saved,
                                  const at::Tensor& gradient) {
    const WithoutAutocast guard;
    const Bf16Mlp m(arguments);
    const auto dy = at::empty_like(m.y);
    const auto buffers = PerPart<MlpBackwardBuffers>(m.rows(), m);
    auto sums = PerPart<Bf16Sums>(m.rows(), m.width(), m.inner, m.outer);
    ForRowTiles(
        m.rows(), m.tile(), [&](int64_t part, int64_t first, int64_t count) {
          const Bf16Region region;
          const MlpTile t{m, first, count};
          const auto p = static_cast<size_t>(part);
          MlpBackwardTile(t, buffers[p],
                          t.Rows(gradient.const_data_ptr<float>(), m.width()),
                          saved, sums[p],
                          t.Rows(dy.data_ptr<float>(), m.width()));
        });
    BranchArguments result;
    result.x = gradient;
    result.y = dy.view_as(gradient);
    result.branch = GradientsOf(m.branch, sums);
    return result;
  }
};

}  // namespace

at::Tensor AddBf16Mlp(const BranchArguments& from) {
  const WithoutAutocast guard;
  BranchArguments arguments = from;
  arguments.x = from.x.to(at::kFloat).contiguous();
  arguments.y =
      from.y.is_same(from.x) ? arguments.x : from.y.to(at::kFloat).contiguous();
  return ApplyByHand<Bf16MlpPass>(arguments);
}

}  // namespace wsel::kernels
