// The part of `wsel init` that looks at images.
#include <ATen/Parallel.h>

#include "init_args.h"
#include "torch_commands.h"

namespace wsel::cli {

session::PreparedStudent PrepareStudent(
    const InitArgs& args, const session::StudentRequest& request,
    const pretrained::PretrainedCheckpoint* teacher) {
  if (args.threads > 0) at::set_num_threads(args.threads);
  return session::PrepareStudent(request, teacher, /*compute=*/!args.dry_run);
}

}  // namespace wsel::cli
