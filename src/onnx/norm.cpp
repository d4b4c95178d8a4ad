#include "norm.h"

namespace wsel::onnx {
namespace {

std::string MeanOverChannels(GraphBuilder& g, const std::string& name,
                             const std::string& x) {
  return g.Reduce("ReduceMean", name, x, {-1}, /*keep=*/true);
}

std::string MeanSquare(GraphBuilder& g, const std::string& name,
                       const std::string& x) {
  const auto squares = g.Op("Mul", name + "/squares", {x, x});
  return MeanOverChannels(g, name + "/mean_square", squares);
}

// `exact`, in float32, by the root of `square` + eps, times the weight.
std::string DivideByRoot(GraphBuilder& g, const std::string& name,
                         const std::string& exact, const std::string& square,
                         double eps) {
  const auto least = g.ExactScalar(static_cast<float>(eps));
  const auto sum = g.Op("Add", name + "/sum", {square, least});
  const auto divisor = g.Op("Sqrt", name + "/divisor", {sum});
  const auto relative = g.Op("Div", name + "/relative", {exact, divisor});
  return g.Op(
      "Mul", name,
      {g.FromFloat(name + "/half", relative), g.Parameter(name + ".weight")});
}

}  // namespace

std::string AddRmsNorm(GraphBuilder& g, const std::string& name,
                       const std::string& x, double eps) {
  const auto exact = g.ToFloat(name + "/float", x);
  return DivideByRoot(g, name, exact, MeanSquare(g, name, exact), eps);
}

std::string AddSimpleNorm(GraphBuilder& g, const std::string& name,
                          const std::string& x, double eps, int64_t width) {
  const auto exact = g.ToFloat(name + "/float", x);
  const auto mean = MeanOverChannels(g, name + "/mean", exact);
  const auto centred = g.Op("Sub", name + "/centred", {exact, mean});
  const auto mean_square = MeanSquare(g, name, centred);
  const auto count = static_cast<float>(width);
  const auto variance = g.Op("Mul", name + "/variance",
                             {mean_square, g.ExactScalar(count / (count - 1))});
  return DivideByRoot(g, name, exact, variance, eps);
}

std::string AddNorm(GraphBuilder& g, model::Norm kind, const std::string& name,
                    const std::string& x, double eps) {
  return kind == model::Norm::kRmsNorm ? AddRmsNorm(g, name, x, eps)
                                       : g.LayerNorm(name, x, eps);
}

}  // namespace wsel::onnx
