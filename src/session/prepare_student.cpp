// The part of `wsel init` that looks at images.
#include <ATen/Parallel.h>

#include "wsel/session/init_student.h"

namespace wsel::session {

PreparedStudent PrepareStudent(
    const InitRequest& request, const StudentRequest& student,
    const pretrained::PretrainedCheckpoint* teacher) {
  if (request.threads > 0) at::set_num_threads(request.threads);
  return PrepareStudent(student, teacher, /*compute=*/!request.dry_run);
}

}  // namespace wsel::session
