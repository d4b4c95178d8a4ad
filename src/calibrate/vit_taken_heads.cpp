#include "vit_taken_heads.h"

#include <ATen/ATen.h>

#include "kept_heads.h"
#include "vit_layers.h"

namespace wsel::calibrate {
namespace {

constexpr const char* kFrequencies = "rope.freqs";

void TakeTensor(const Weights& teacher, const std::string& name,
                Weights& student) {
  const at::Tensor tensor = teacher[name];
  if (tensor.defined()) student.Set(name, tensor);
}

// [2, blocks, heads, pairs]
void TakeFrequencies(const at::Tensor& teacher, int64_t block,
                     const std::vector<int64_t>& heads, Weights& student) {
  const at::Tensor frequencies = student[kFrequencies].clone();
  frequencies.select(1, block).copy_(
      teacher.select(1, block).index_select(1, at::tensor(heads, at::kLong)));
  student.Set(kFrequencies, frequencies);
}

}  // namespace

void TakeHeads(const Weights& teacher, const model::VitConfig& c, int64_t block,
               const std::vector<int64_t>& heads, Weights& student) {
  const std::string prefix = HeadPrefix(c, block);
  TakeLambdas(teacher, c, block, student);
  for (const char* name :
       {"q_norm.weight", "q_norm.bias", "k_norm.weight", "k_norm.bias"}) {
    TakeTensor(teacher, prefix + name, student);
  }
  if (c.scale_attn_norm) {
    TakeNorm(teacher, prefix + "norm", ChannelsOf(heads, c.HeadDim()), student);
  }
  if (c.rope == model::Rope::kMixed) {
    TakeFrequencies(teacher[kFrequencies], block, heads, student);
  }
}

void TakeLambdas(const Weights& teacher, const model::VitConfig& c,
                 int64_t block, Weights& student) {
  const std::string prefix = HeadPrefix(c, block);
  for (const char* name : {"lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2",
                           "sub_norm.weight"}) {
    TakeTensor(teacher, prefix + name, student);
  }
}

void TakeNorm(const Weights& teacher, const std::string& name,
              const at::Tensor& kept, Weights& student) {
  for (const char* part : {".weight", ".bias"}) {
    const at::Tensor whole = teacher[name + part];
    if (whole.defined()) student.Set(name + part, whole.index_select(0, kept));
  }
}

}  // namespace wsel::calibrate
