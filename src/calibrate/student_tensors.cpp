#include "student_tensors.h"

#include <ATen/ATen.h>

#include <variant>

#include "wsel/nn/initialize.h"
#include "wsel/tensor/floats.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::calibrate {

select::Student StudentOf(const select::Plan& plan, const Weights& weights,
                          const std::string& teacher_digest) {
  select::Student student;
  student.teacher_digest = teacher_digest;
  for (const select::Entry& entry : plan.entries) {
    const auto* drawn = std::get_if<select::Reinitialised>(&entry.source);
    const at::Tensor found = weights[entry.student.name];
    const at::Tensor values =
        drawn != nullptr && !found.defined()
            ? nn::Draw(drawn->init, entry.student, plan.options.seed)
            : found.reshape(entry.student.shape);
    student.tensors.push_back(
        OwningView(entry.student.name, entry.student.shape, ValuesOf(values)));
  }
  return student;
}

}  // namespace wsel::calibrate
