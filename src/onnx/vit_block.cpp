// As nn/vit_block.cpp computes it.
#include "vit_block.h"

#include <fmt/format.h>

#include "norm.h"
#include "vit_attention.h"

namespace wsel::onnx {
namespace {

using model::VitConfig;

// x plus a branch, times its layer scale if it has one: timm's LayerScale
// ("ls1", of parameter "ls1.gamma") or a parameter of Eva's ("gamma_1").
std::string AddBranch(GraphBuilder& g, const std::string& name,
                      const std::string& x, std::string branch,
                      const std::string& module, const std::string& eva = "") {
  if (g.Has(module + ".gamma")) {
    branch = g.Op("Mul", module, {branch, g.Parameter(module + ".gamma")});
  } else if (g.Has(eva)) {
    branch = g.Op("Mul", eva + "/scaled", {branch, g.Parameter(eva)});
  }
  return g.Op("Add", name, {x, branch});
}

// Attention, then an MLP, with norms before or after them.
std::string SequentialBlock(const VitConfig& c, GraphBuilder& g,
                            const std::string& name, int64_t block,
                            const std::string& input) {
  const bool after = IsPostNorm(c);
  const auto norm = [&](const char* which, const std::string& x) {
    return AddNorm(g, c.norm, name + which, x, c.norm_eps);
  };
  auto branch =
      AddAttention(c, g, name, block, after ? input : norm("norm1", input));
  if (after) branch = norm("norm1", branch);
  const auto x = AddBranch(g, name + "attn/sum", input, branch, name + "ls1",
                           name + "gamma_1");
  branch = AddMlp(c, g, name + "mlp", after ? x : norm("norm2", x));
  if (after) branch = norm("norm2", branch);
  return AddBranch(g, name + "mlp/sum", x, branch, name + "ls2",
                   name + "gamma_2");
}

// Attention and MLP side by side, from one matrix product. With differential
// attention both have one projection, too.
std::string ParallelBlock(const VitConfig& c, GraphBuilder& g,
                          const std::string& name, int64_t block,
                          const std::string& input) {
  const int64_t width = c.embed_dim;
  const std::string attn = name + "attn";
  const Projected projected = {attn + "/q", attn + "/k", attn + "/v"};
  std::string hidden = name + "mlp";
  const auto norm = AddNorm(g, c.norm, name + "in_norm", input, c.norm_eps);
  const auto product = g.Linear(name + "in_proj", norm);
  g.Split(name + "split", product,
          {hidden, projected.q, projected.k, projected.v},
          {c.MlpHidden(), width, width, width});
  if (g.Has(name + "mlp_bias")) {
    hidden = g.Op("Add", hidden + "/biased",
                  {hidden, g.Parameter(name + "mlp_bias")});
  }
  hidden = g.Activation(name + "mlp/act", hidden, c.activation);
  const auto attended = AddHeadAttention(c, g, {block, attn, name}, projected);
  std::string branch;
  if (c.diff_attn) {
    const auto both = g.Op("Concat", name + "concat", {attended, hidden},
                           {{"axis", int64_t{-1}}});
    branch = g.Linear(name + "out_proj", both);
  } else {
    const auto of_attn = g.Linear(name + "attn_out_proj", attended);
    const auto of_mlp = g.Linear(name + "mlp_out_proj", hidden);
    branch = g.Op("Add", name + "branch", {of_attn, of_mlp});
  }
  return AddBranch(g, name + "sum", input, branch, name + "ls");
}

}  // namespace

std::string AddBlock(const VitConfig& c, GraphBuilder& g, int64_t block,
                     const std::string& x) {
  const std::string name = fmt::format("blocks.{}.", block);
  return c.block == model::BlockForm::kParallel
             ? ParallelBlock(c, g, name, block, x)
             : SequentialBlock(c, g, name, block, x);
}

}  // namespace wsel::onnx
