#include <fmt/format.h>

#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/output_tail.h"
#include "wsel/core/shell_quote.h"
#include "wsel/core/subprocess.h"
#include "wsel/sweep/launch.h"

namespace wsel::sweep {
namespace {

std::string Directives(const SlurmJob& job) {
  std::string lines;
  const auto add = [&](const std::string& option) {
    if (!option.starts_with("--") || option.find('\n') != std::string::npos) {
      throw Error(ErrorKind::kUsage, "slurm",
                  "'{}' is not an option of sbatch, such as --partition=gpu",
                  option);
    }
    lines += "#SBATCH " + option + "\n";
  };
  add("--job-name=" + job.name);
  const std::string limit = job.jobs > 0 ? fmt::format("%{}", job.jobs) : "";
  add(fmt::format("--array=0-{}{}", job.runs.size() - 1, limit));
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

std::string SubmitScript(const std::string& script,
                         const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const auto file = folder / "job.sh";
  const auto output = folder / "sbatch.txt";
  WriteTextFile(file, script);
  const ExitStatus ended =
      Subprocess({"/usr/bin/env", "sbatch", file.string()}, output, output)
          .Wait();
  const std::string text = Tail(output, 10);
  if (ended.code == 0) return text;
  throw Error(ErrorKind::kIo, "sbatch", "rejected {}: {}", file.string(),
              LastError(text));
}

}  // namespace wsel::sweep
