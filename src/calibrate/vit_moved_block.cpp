#include "vit_moved_block.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "vit_layers.h"
#include "wsel/model/diff_attn.h"

namespace wsel::calibrate {
namespace {

// The names of two vectors, of which the exponential of the inner product is a
// term of lambda.
struct LambdaTerm {
  std::string q;
  std::string k;
};

at::Tensor Values(const Weights& weights, const std::string& name) {
  return weights[name].to(at::kDouble);
}

double Product(const LambdaTerm& term, const Weights& weights) {
  return (Values(weights, term.q) * Values(weights, term.k))
      .sum()
      .item<double>();
}

// Changes one vector along the other.
void SetProduct(const LambdaTerm& term, double product, Weights& weights) {
  at::Tensor q = Values(weights, term.q);
  if (q.square().sum().item<double>() < 1e-12) q = at::ones_like(q);
  const at::Tensor k = Values(weights, term.k);
  const double lacking = product - (q * k).sum().item<double>();
  weights.Set(term.q, q);
  weights.Set(term.k, k + q * (lacking / q.square().sum().item<double>()));
}

}  // namespace

void KeepLambda(const model::VitConfig& c, int64_t from, int64_t to,
                Weights& weights) {
  if (!c.diff_attn || from == to) return;
  const double before = model::LambdaInit(from);
  const double after = model::LambdaInit(to);
  const std::string prefix = HeadPrefix(c, to);
  const std::string norm = prefix + "sub_norm.weight";
  weights.Set(norm, Values(weights, norm) * ((1 - before) / (1 - after)));
  // lambda is first - second + lambda_init.
  const LambdaTerm terms[] = {{prefix + "lambda_q1", prefix + "lambda_k1"},
                              {prefix + "lambda_q2", prefix + "lambda_k2"}};
  const double first = std::exp(Product(terms[0], weights));
  const double second = std::exp(Product(terms[1], weights));
  const double wanted = first - second + before - after;
  // Exponentials are positive: where the first cannot be, the second is.
  if (wanted + second > 0) {
    SetProduct(terms[0], std::log(wanted + second), weights);
  } else {
    SetProduct(terms[1], std::log(first - wanted), weights);
  }
}

}  // namespace wsel::calibrate
