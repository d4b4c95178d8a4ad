// The attention branch in bf16. A thread processes tiles of whole images.
#include <cmath>

#include "bf16_branch.h"
#include "bf16_branches.h"

namespace wsel::kernels {
namespace {

// What both passes compute with. Layouts are padded: rows of qkv to
// stride_qkv(), those of the attention output to width_padded(), attention
// matrices to tokens_padded() columns.
struct Bf16Attention {
  explicit Bf16Attention(const BranchArguments& from)
      : x(from.x),
        scale(PerRowFactors(from.scale, x.size(0) * x.size(1))),
        branch(from.branch),
        qkv(Pack(branch.inner, {})),
        proj(Pack(branch.outer, branch.gamma)),
        heads(from.heads) {}

  int64_t images() const { return x.size(0); }
  int64_t tokens() const { return x.size(1); }
  int64_t width() const { return x.size(2); }
  int64_t head_width() const { return width() / heads; }
  int64_t tokens_padded() const { return Padded(tokens()); }
  int64_t width_padded() const { return qkv.padded_in(); }
  int64_t stride_qkv() const { return qkv.padded_out(); }
  // Of one head's matrix.
  int64_t probs_size() const { return tokens() * tokens_padded(); }
  float softmax_scale() const {
    return 1 / std::sqrt(static_cast<float>(head_width()));
  }
  // Images processed together: few tokens would make thin matrices.
  int64_t tile() const { return std::max<int64_t>(1, 256 / tokens()); }
  int64_t tile_rows() const { return std::min(tile(), images()) * tokens(); }

  at::Tensor x;      // [B, N, D], float32
  at::Tensor scale;  // [B * N] or undefined
  ResidualBranch branch;
  PackedLayer qkv, proj;
  int64_t heads;
};

// What a tile of images reads and writes; all pointers are to its first row.
struct AttentionTile {
  const Bf16Attention& all;
  int64_t images;
  const float* x;
  const float* scale;  // or null
  float* mean;
  float* rstd;
  Bf16* qkv;
  Bf16* output;  // of the heads, before proj
  Bf16* probs;   // [images, heads, N, padded N], or a single one

  int64_t rows() const { return images * all.tokens(); }
};

struct AttentionForwardBuffers {
  explicit AttentionForwardBuffers(const Bf16Attention& a)
      : normed(a.tile_rows() * a.width_padded()),
        wide(a.tile_rows() * a.stride_qkv()),
        scores(a.probs_size()),
        keys(a.tokens_padded() * a.head_width()),
        values(a.tokens_padded() * Padded(a.head_width())) {}

  Buffer<Bf16> normed;
  Buffer<float> wide;  // products of a layer or of all heads
  Buffer<float> scores;
  Buffer<Bf16> keys, values;  // right factors
};

// The buffers that training saves and evaluation reuses.
struct AttentionValues {
  explicit AttentionValues(const Bf16Attention& a)
      : mean(a.tile_rows()),
        rstd(a.tile_rows()),
        qkv(a.tile_rows() * a.stride_qkv()),
        output(a.tile_rows() * a.width_padded()),
        probs(a.probs_size()) {}

  Buffer<float> mean, rstd;
  Buffer<Bf16> qkv, output, probs;
};

void NormaliseImages(const AttentionTile& t, bool known, Bf16* out) {
  NormaliseTile(t.all.branch, {t.x, t.rows(), known, t.mean, t.rstd}, out);
}

// Writes t.qkv.
void Bf16QkvTile(const AttentionTile& t, const AttentionForwardBuffers& b) {
  const Bf16Attention& a = t.all;
  const int64_t stride = a.stride_qkv();
  NormaliseImages(t, /*known=*/false, b.normed.get());
  MultiplyBf16({t.rows(), stride, a.width_padded(), b.normed.get(),
                a.width_padded(), Bf16Data(a.qkv.forward), stride, b.wide.get(),
                stride});
  RoundedRows rounded{b.wide.get(), stride, t.rows(), a.qkv.out};
  rounded.bias = a.qkv.bias.const_data_ptr<float>();
  rounded.out = t.qkv;
  rounded.out_stride = stride;
  ActiveKernels().round_rows(rounded);
}

// A head's columns of qkv as the right factor [d, N]: its rows' pairs of
// columns, transposed.
void ColumnsAsFactor(const Bf16Attention& a, const Bf16* rows, Bf16* out) {
  ActiveKernels().transpose_words({rows, a.stride_qkv() / 2, a.tokens(),
                                   a.head_width() / 2, a.tokens_padded(), out,
                                   a.tokens_padded()});
}

// Rows of a head as the right factor [N, d].
PairedRows RowsAsFactor(const Bf16Attention& a, const Bf16* rows,
                        int64_t stride, Bf16* out) {
  return {rows,           stride, a.tokens(),
          a.head_width(), out,    Padded(a.head_width())};
}

// Writes t.output, and t.probs of every head if `saves`, else over each other.
void AttendImages(const AttentionTile& t, const AttentionForwardBuffers& b,
                  bool saves) {
  const Bf16Attention& a = t.all;
  const int64_t n = a.tokens();
  const int64_t padded = a.tokens_padded();
  const int64_t d = a.head_width();
  const int64_t stride = a.stride_qkv();
  for (int64_t i = 0; i < t.images * a.heads; ++i) {
    const int64_t row = i / a.heads * n;
    const int64_t column = i % a.heads * d;
    const Bf16* q = t.qkv + row * stride + column;
    Bf16* probs = t.probs + (saves ? i * a.probs_size() : 0);
    ColumnsAsFactor(a, q + a.width(), b.keys.get());
    ActiveKernels().pair_rows(
        RowsAsFactor(a, q + 2 * a.width(), stride, b.values.get()));
    MultiplyBf16({n, padded, d, q, stride, b.keys.get(), padded, b.scores.get(),
                  padded});
    ActiveKernels().softmax_rows(
        {b.scores.get(), padded, n, n, a.softmax_scale(), probs, padded});
    MultiplyBf16({n, d, padded, probs, padded, b.values.get(), Padded(d),
                  b.wide.get() + row * a.width_padded() + column,
                  a.width_padded()});
  }
  RoundedRows rounded{b.wide.get(), a.width_padded(), t.rows(), a.width()};
  rounded.out = t.output;
  rounded.out_stride = a.width_padded();
  ActiveKernels().round_rows(rounded);
}

// Writes the result from t.output.
void Bf16ProjTile(const AttentionTile& t, const AttentionForwardBuffers& b,
                  float* out) {
  const Bf16Attention& a = t.all;
  const int64_t width = a.width_padded();
  MultiplyBf16({t.rows(), width, width, t.output, width,
                Bf16Data(a.proj.forward), width, b.wide.get(), width});
  ActiveKernels().add_rows({b.wide.get(), width, t.rows(), a.width(),
                            a.proj.bias.const_data_ptr<float>(), t.scale, t.x,
                            out});
}

struct AttentionBackwardBuffers {
  explicit AttentionBackwardBuffers(const Bf16Attention& a) {
    const int64_t rows = a.tile_rows();
    const int64_t padded = Padded(rows);
    const int64_t width = a.width_padded();
    const int64_t n = a.tokens_padded();
    const int64_t d = Padded(a.head_width());
    scaled = Buffer<Bf16>(rows * width);
    normed = Buffer<Bf16>(rows * width);
    d_output = Buffer<Bf16>(rows * width);
    pairs = Buffer<Bf16>(padded * width);
    transposed = Buffer<Bf16>(padded * width);
    wide = Buffer<float>(rows * a.stride_qkv());
    d_qkv = Buffer<Bf16>(rows * a.stride_qkv());
    d_qkv_pairs = Buffer<Bf16>(padded * a.stride_qkv());
    factor = Buffer<Bf16>(n * d);
    left = Buffer<Bf16>(n * d);
    d_probs = Buffer<float>(n * n);
    d_scores = Buffer<Bf16>(n * n);
    d_score_pairs = Buffer<Bf16>(n * n);
    prob_pairs = Buffer<Bf16>(n * n);
    d_head = Buffer<float>(n * d);
  }

  Buffer<Bf16> scaled, normed, d_output;  // rows
  Buffer<Bf16> pairs, transposed;
  Buffer<float> wide;  // products of a layer, and the gradient of qkv
  Buffer<Bf16> d_qkv, d_qkv_pairs;
  Buffer<Bf16> factor, left;  // of a head
  Buffer<float> d_probs;
  Buffer<Bf16> d_scores, d_score_pairs, prob_pairs;
  Buffer<float> d_head;
};

// proj: its gradients, and b.d_output, that of its input.
void ProjGradient(const AttentionTile& t, const AttentionBackwardBuffers& b,
                  const float* gradient, Bf16Sums& sums) {
  const Bf16Attention& a = t.all;
  const int64_t width = a.width_padded();
  const int64_t rows = Padded(t.rows());
  RoundGradient({gradient, t.scale, t.rows(), a.width()}, b.scaled.get(),
                b.pairs.get(), b.transposed.get(), sums);
  ActiveKernels().pair_rows(
      {t.output, width, t.rows(), a.width(), b.pairs.get(), width});
  MultiplyBf16({width, width, rows, b.transposed.get(), rows, b.pairs.get(),
                width, sums.outer_weight.data_ptr<float>(), width, true});
  MultiplyBf16({t.rows(), width, width, b.scaled.get(), width,
                Bf16Data(a.proj.backward), width, b.wide.get(), width});
  RoundedRows rounded{b.wide.get(), width, t.rows(), a.width()};
  rounded.out = b.d_output.get();
  rounded.out_stride = width;
  ActiveKernels().round_rows(rounded);
}

// The transposed rows of a head, [d, padded N], by way of b.factor.
void TransposeHead(const Bf16Attention& a, const AttentionBackwardBuffers& b,
                   const Bf16* rows, int64_t stride) {
  TransposeRows(RowsAsFactor(a, rows, stride, b.factor.get()), b.left.get());
}

// b.left [d, N] times pairs [N, N], transposed into columns of b.wide.
void TransposedProduct(const Bf16Attention& a,
                       const AttentionBackwardBuffers& b, const Bf16* pairs,
                       float* out) {
  const int64_t padded = a.tokens_padded();
  const int64_t d = a.head_width();
  MultiplyBf16({d, padded, padded, b.left.get(), padded, pairs, padded,
                b.d_head.get(), padded});
  ActiveKernels().transpose_words(
      {b.d_head.get(), padded, d, a.tokens(), d, out, a.stride_qkv()});
}

// A head's columns of the gradient of qkv, float32, at `out`.
void HeadGradient(const Bf16Attention& a, const AttentionBackwardBuffers& b,
                  const Bf16* q, const Bf16* probs, const Bf16* d_output,
                  float* out) {
  const int64_t n = a.tokens();
  const int64_t padded = a.tokens_padded();
  const int64_t d = a.head_width();
  const int64_t stride = a.stride_qkv();
  const Bf16* k = q + a.width();
  ColumnsAsFactor(a, k + a.width(), b.factor.get());
  MultiplyBf16({n, padded, d, d_output, a.width_padded(), b.factor.get(),
                padded, b.d_probs.get(), padded});
  ActiveKernels().softmax_gradient_rows(
      {probs, b.d_probs.get(), padded, n, n, a.softmax_scale(),
       b.d_scores.get(), b.d_score_pairs.get(), b.prob_pairs.get()});
  ActiveKernels().pair_rows(RowsAsFactor(a, k, stride, b.factor.get()));
  MultiplyBf16({n, d, padded, b.d_scores.get(), padded, b.factor.get(),
                Padded(d), out, stride});
  TransposeHead(a, b, q, stride);
  TransposedProduct(a, b, b.d_score_pairs.get(), out + a.width());
  TransposeHead(a, b, d_output, a.width_padded());
  TransposedProduct(a, b, b.prob_pairs.get(), out + 2 * a.width());
}

// qkv and the norm: their gradients, and that of x.
void QkvGradient(const AttentionTile& t, const AttentionBackwardBuffers& b,
                 const float* gradient, Bf16Sums& sums, float* dx) {
  const Bf16Attention& a = t.all;
  const int64_t width = a.width_padded();
  const int64_t stride = a.stride_qkv();
  const int64_t rows = Padded(t.rows());
  RoundedRows rounded{b.wide.get(), stride, t.rows(), a.qkv.out};
  rounded.out = b.d_qkv.get();
  rounded.out_stride = stride;
  rounded.pairs = b.d_qkv_pairs.get();
  rounded.pair_stride = stride;
  rounded.sums = sums.inner_bias.data_ptr<float>();
  ActiveKernels().round_rows(rounded);
  NormaliseImages(t, /*known=*/true, b.normed.get());
  TransposeRows(
      {b.normed.get(), width, t.rows(), a.width(), b.pairs.get(), width},
      b.transposed.get());
  MultiplyBf16({width, stride, rows, b.transposed.get(), rows,
                b.d_qkv_pairs.get(), stride,
                sums.inner_weight.data_ptr<float>(), stride, true});
  MultiplyBf16({t.rows(), width, stride, b.d_qkv.get(), stride,
                Bf16Data(a.qkv.backward), width, b.wide.get(), width});
  ActiveKernels().norm_gradient_rows(
      {t.x, b.wide.get(), width, t.rows(), a.width(),
       a.branch.norm.weight.const_data_ptr<float>(), t.mean, t.rstd, gradient,
       dx, sums.norm_weight.data_ptr<float>(),
       sums.norm_bias.data_ptr<float>()});
}

void AttentionBackwardTile(const AttentionTile& t,
                           const AttentionBackwardBuffers& b,
                           const float* gradient, Bf16Sums& sums, float* dx) {
  const Bf16Attention& a = t.all;
  ProjGradient(t, b, gradient, sums);
  for (int64_t i = 0; i < t.images * a.heads; ++i) {
    const int64_t row = i / a.heads * a.tokens();
    const int64_t column = i % a.heads * a.head_width();
    HeadGradient(a, b, t.qkv + row * a.stride_qkv() + column,
                 t.probs + i * a.probs_size(),
                 b.d_output.get() + row * a.width_padded() + column,
                 b.wide.get() + row * a.stride_qkv() + column);
  }
  QkvGradient(t, b, gradient, sums, dx);
}

// Calls body(part, tile, first row) for all tiles, without saved values.
template <typename Body>
void ForImageTiles(const Bf16Attention& a, const Body& body) {
  ForRowTiles(a.images(), a.tile(),
              [&](int64_t part, int64_t first, int64_t count) {
                const Bf16Region region;
                const int64_t row = first * a.tokens();
                AttentionTile t{a,
                                count,
                                a.x.const_data_ptr<float>() + row * a.width(),
                                FloatsOrNull(a.scale),
                                nullptr,
                                nullptr,
                                nullptr,
                                nullptr,
                                nullptr};
                if (t.scale != nullptr) t.scale += row;
                body(static_cast<size_t>(part), t, row);
              });
}

// Points `t`, with `row` as its first row, to what Forward saves.
void PointToSaved(const std::vector<at::Tensor>& saved, int64_t row,
                  AttentionTile& t) {
  const Bf16Attention& a = t.all;
  t.qkv = Bf16Data(saved[0]) + row * a.stride_qkv();
  t.probs = Bf16Data(saved[1]) + row * a.heads * a.tokens_padded();
  t.output = Bf16Data(saved[2]) + row * a.width_padded();
  t.mean = saved[3].data_ptr<float>() + row;
  t.rstd = saved[4].data_ptr<float>() + row;
}

// Saves qkv, the attention matrices, their output and the norm's moments.
struct Bf16AttentionPass {
  static at::Tensor Forward(const BranchArguments& arguments,
                            std::vector<at::Tensor>& saved) {
    const WithoutAutocast guard;
    const Bf16Attention a(arguments);
    const int64_t rows = a.images() * a.tokens();
    saved = {EmptyBf16({rows, a.stride_qkv()}),
             EmptyBf16({rows * a.heads, a.tokens_padded()}),
             EmptyBf16({rows, a.width_padded()}), at::empty({rows}),
             at::empty({rows})};
    auto out = at::empty_like(a.x);
    const auto buffers = PerPart<AttentionForwardBuffers>(a.images(), a);
    ForImageTiles(a, [&](size_t part, AttentionTile& t, int64_t row) {
      PointToSaved(saved, row, t);
      Bf16QkvTile(t, buffers[part]);
      AttendImages(t, buffers[part], /*saves=*/true);
      Bf16ProjTile(t, buffers[part], out.data_ptr<float>() + row * a.width());
    });
    return out;
  }

  static at::Tensor Evaluate(const BranchArguments& arguments) {
    const WithoutAutocast guard;
    const Bf16Attention a(arguments);
    auto out = at::empty_like(a.x);
    const auto buffers = PerPart<AttentionForwardBuffers>(a.images(), a);
    const auto values = PerPart<AttentionValues>(a.images(), a);
    ForImageTiles(a, [&](size_t part, AttentionTile& t, int64_t row) {
      const AttentionValues& v = values[part];
      t.mean = v.mean.get();
      t.rstd = v.rstd.get();
      t.qkv = v.qkv.get();
      t.output = v.output.get();
      t.probs = v.probs.get();
      Bf16QkvTile(t, buffers[part]);
      AttendImages(t, buffers[part], /*saves=*/false);
      Bf16ProjTile(t, buffers[part], out.data_ptr<float>() + row * a.width());
    });
    return out;
  }

  static BranchArguments Backward(const BranchArguments& arguments,
                                  const std::vector<at::Tensor>& saved,
                                  const at::Tensor& gradient) {
    const WithoutAutocast guard;
    const Bf16Attention a(arguments);
    const auto buffers = PerPart<AttentionBackwardBuffers>(a.images(), a);
    auto sums = PerPart<Bf16Sums>(a.images(), a.width(), a.qkv, a.proj);
    BranchArguments result;
    result.x = at::empty_like(a.x);
    ForImageTiles(a, [&](size_t part, AttentionTile& t, int64_t row) {
      PointToSaved(saved, row, t);
      AttentionBackwardTile(
          t, buffers[part], gradient.const_data_ptr<float>() + row * a.width(),
          sums[part], result.x.data_ptr<float>() + row * a.width());
    });
    result.branch = GradientsOf(a.branch, sums);
    return result;
  }
};

}  // namespace

at::Tensor AddBf16Attention(const BranchArguments& from) {
  const WithoutAutocast guard;
  BranchArguments arguments = from;
  arguments.x = from.x.to(at::kFloat).contiguous();
  return ApplyByHand<Bf16AttentionPass>(arguments);
}

}  // namespace wsel::kernels
