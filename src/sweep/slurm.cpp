#include "wsel/sweep/slurm.h"

#include <fmt/format.h>

#include "wsel/core/error.h"
#include "wsel/core/shell_quote.h"

namespace wsel::sweep {
namespace {

std::string ArrayOf(const SlurmJob& job) {
  const std::string range = fmt::format("0-{}", job.runs.size() - 1);
  return job.jobs > 0 ? fmt::format("{}%{}", range, job.jobs) : range;
}

std::string Directives(const SlurmJob& job) {
  std::string lines;
  const auto add = [&](const std::string& option) {
    if (!option.starts_with("--") || option.find('\n') != std::string::npos) {
      throw Error(ErrorKind::kUsage, "--slurm",
                  fmt::format("'{}' is not an option of sbatch, such as "
                              "--partition=gpu",
                              option));
    }
    lines += "#SBATCH " + option + "\n";
  };
  add("--job-name=" + job.name);
  add("--array=" + ArrayOf(job));
  add(fmt::format("--output={}/%A_%a.txt", job.log_folder));
  add("--open-mode=append");
  add("--requeue");
  add("--signal=B:USR1@60");
  for (const std::string& option : job.options) add(option);
  return lines;
}

constexpr const char* kBody = R"(
# One minute before the time limit: let the run save, then requeue it.
stop() {{ stopped=1 && kill -TERM "$child"; }}
trap stop USR1

{} --only "${{runs[$SLURM_ARRAY_TASK_ID]}}" &
child=$!
wait "$child"
code=$?
if [[ -n ${{stopped:-}} ]]; then
  wait "$child"
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
)";

}  // namespace

std::string SlurmScript(const SlurmJob& job) {
  std::string script = "#!/bin/bash\n" + Directives(job) + "\nruns=(\n";
  for (const std::string& run : job.runs) {
    script += "  " + ShellQuote(run) + "\n";
  }
  return script + ")\n" + fmt::format(kBody, ShellLine(job.command));
}

}  // namespace wsel::sweep
