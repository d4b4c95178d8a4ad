#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace wsel::kernels {

// Autograd functions take, save and return tensors by their place in a list. A
// struct whose member function Tensors() returns pointers to its tensors, in
// the order of the list, gives every place a name.

// All tensors of `s`, undefined ones too.
template <typename S>
std::vector<at::Tensor> Pack(S s) {
  std::vector<at::Tensor> list;
  for (const at::Tensor* t : s.Tensors()) list.push_back(*t);
  return list;
}

// The struct whose tensors are those of `list`, which Pack made.
template <typename S>
S Unpack(const std::vector<at::Tensor>& list) {
  S s;
  size_t i = 0;
  for (at::Tensor* t : s.Tensors()) *t = list.at(i++);
  return s;
}

// Those tensors of `s` whose places in `arguments` are not undefined: autograd
// accepts only defined arguments, and wants one gradient for each.
template <typename S>
std::vector<at::Tensor> PackWhereDefined(S s, S arguments) {
  std::vector<at::Tensor> list;
  const auto given = arguments.Tensors();
  const auto tensors = s.Tensors();
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (given[i]->defined()) list.push_back(*tensors[i]);
  }
  return list;
}

}  // namespace wsel::kernels
