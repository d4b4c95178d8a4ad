#include "student_tensors.h"

#include <ATen/ATen.h>

#include <variant>

#include "wsel/core/error.h"
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
    if (drawn == nullptr && !found.defined()) {
      throw Error(ErrorKind::kFormat, entry.student.name,
                  "is computed by the plan, but its method computes no such "
                  "tensor");
    }
    const at::Tensor values =
        found.defined()
            ? found.reshape(entry.student.shape)
            : nn::Draw(drawn->init, entry.student, plan.options.seed);
    student.tensors.push_back(
        OwningView(entry.student.name, entry.student.shape, ValuesOf(values)));
  }
  return student;
}

}  // namespace wsel::calibrate
