#include "gradient_sum.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>

namespace wsel::train {

// Called by autograd when a parameter's gradient is final.
struct GradientSum::Hook : torch::autograd::PostAccumulateGradHook {
  Hook(GradientSum& sum_in, size_t bucket_in)
      : sum(sum_in), bucket(bucket_in) {}
  void operator()(const torch::autograd::Variable& /*parameter*/) override {
    sum.OnGradient(bucket);
  }
  GradientSum& sum;
  size_t bucket;
};

GradientSum::GradientSum(const optim::NamedTensors& parameters,
                         distributed::ProcessGroup& group,
                         const c10::Device& device,
                         const GradientSumOptions& options)
    : group_(group), waited_(device) {
  for (const auto& parameter : parameters) {
    parameters_.push_back(parameter.tensor);
  }
  for (size_t i = parameters_.size(); i > 0; --i) {
    AddToBucket(i - 1, options.bucket_elements);
  }
  for (size_t i = 0; i < buckets_.size(); ++i) {
    Bucket& bucket = buckets_[i];
    int64_t elements = 0;
    for (const size_t p : bucket.parameters) elements += parameters_[p].numel();
    const auto flags = static_cast<int64_t>(bucket.parameters.size());
    bucket.flat = at::zeros({elements + flags}, at::TensorOptions(device));
    bucket.flags = bucket.flat.narrow(0, elements, flags);
    int64_t first = 0;
    for (const size_t p : bucket.parameters) {
      const at::Tensor& parameter = parameters_[p];
      bucket.parts.push_back(bucket.flat.narrow(0, first, parameter.numel())
                                 .view(parameter.sizes()));
      first += parameter.numel();
      torch::autograd::impl::set_post_acc_grad_hooks(
          parameter, std::make_unique<Hook>(*this, i));
    }
  }
}

GradientSum::~GradientSum() {
  for (const at::Tensor& parameter : parameters_) {
    torch::autograd::impl::post_acc_grad_hooks(parameter).reset();
  }
}

void GradientSum::AddToBucket(size_t parameter, int64_t bucket_elements) {
  int64_t elements = parameters_[parameter].numel();
  if (!buckets_.empty()) {
    for (const size_t p : buckets_.back().parameters) {
      elements += parameters_[p].numel();
    }
  }
  if (buckets_.empty() || elements > bucket_elements) buckets_.emplace_back();
  buckets_.back().parameters.push_back(parameter);
}

void GradientSum::Arm() {
  armed_ = true;
  started_ = 0;
  for (Bucket& bucket : buckets_) bucket.missing = bucket.parameters.size();
}

void GradientSum::OnGradient(size_t bucket) {
  if (!armed_) return;
  --buckets_[bucket].missing;
  // All ranks send in the same order, whatever becomes final first.
  size_t end = started_;
  while (end < buckets_.size() && buckets_[end].missing == 0) ++end;
  StartUpTo(end);
}

void GradientSum::StartUpTo(size_t end) {
  for (; started_ < end; ++started_) {
    Bucket& bucket = buckets_[started_];
    Fill(bucket);
    bucket.transfer = group_.StartSum(bucket.flat);
  }
}

void GradientSum::Fill(const Bucket& bucket) {
  const at::NoGradGuard no_grad;
  bucket.flags.fill_(1);
  for (size_t i = 0; i < bucket.parts.size(); ++i) {
    const at::Tensor& gradient = parameters_[bucket.parameters[i]].grad();
    if (gradient.defined()) {
      bucket.parts[i].copy_(gradient);
    } else {
      bucket.parts[i].zero_();
      bucket.flags[static_cast<int64_t>(i)].zero_();
    }
  }
}

void GradientSum::Finish() {
  armed_ = false;
  // Those with a parameter that has no gradient.
  StartUpTo(buckets_.size());
  waited_.Start();
  for (Bucket& bucket : buckets_) bucket.transfer.Wait();
  waited_.Stop();
  for (const Bucket& bucket : buckets_) CopyBack(bucket);
}

void GradientSum::CopyBack(const Bucket& bucket) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < bucket.parts.size(); ++i) {
    const at::Tensor& parameter = parameters_[bucket.parameters[i]];
    at::Tensor& gradient = parameter.mutable_grad();
    if (!gradient.defined()) {
      // Only here the flag is read, which on a GPU means to wait for it.
      const at::Tensor flag = bucket.flags[static_cast<int64_t>(i)];
      if (flag.item<float>() == 0) continue;
      gradient = at::empty_like(parameter);
    }
    gradient.copy_(bucket.parts[i]);
  }
}

}  // namespace wsel::train
