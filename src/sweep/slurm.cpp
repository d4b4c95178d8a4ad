#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>

#include "wsel/core/atomic_file.h"
#include "wsel/core/create_folder.h"
#include "wsel/core/error.h"
#include "wsel/core/output_tail.h"
#include "wsel/core/shell_quote.h"
#include "wsel/core/subprocess.h"
#include "wsel/core/text_file.h"
#include "wsel/sweep/launch.h"

namespace wsel::sweep {
namespace {

// A value in an #SBATCH line, which sbatch splits at spaces and ends at '#'; a
// backslash escapes within quotes too. Source: _get_argument in sbatch's opt.c.
std::string Quoted(const std::string& text) {
  if (text.find_first_of(" \t\"'#\\") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// A folder in --output, where '%' begins a variable. A backslash anywhere would
// turn variables off. Source: fname.c of slurmstepd.
std::string LogFolder(const std::string& folder) {
  if (folder.find_first_of("\\\n") != std::string::npos) {
    throw Error(ErrorKind::kUsage, "output",
                "'{}' has a backslash or a line break, which Slurm does not "
                "take in the path of a log; choose another folder",
                folder);
  }
  std::string escaped;
  for (const char c : folder) escaped += c == '%' ? "%%" : std::string(1, c);
  return escaped;
}

// "--nodes=2" -> "--nodes".
std::string OptionName(const std::string& option) {
  return option.substr(0, option.find('='));
}

// What ranks need of a job. `--cpus-per-task` remains the user's: the cores of
// a rank, whether srun starts it or, on one node, the task.
Argv RankOptions(const SlurmJob& job) {
  if (job.ranks == 1) return {};
  const int per_node = RanksPerNode(job.ranks, job.nodes);
  for (const std::string& option : job.options) {
    const std::string name = OptionName(option);
    if (name == "--nodes" || name.starts_with("--ntasks")) {
      throw Error(ErrorKind::kUsage, "slurm",
                  "'{}' is not free: the {} ranks of a run on {} nodes "
                  "(`ranks_per_run`, `nodes_per_run`) determine it",
                  option, job.ranks, job.nodes);
    }
  }
  Argv options = {fmt::format("--nodes={}", job.nodes),
                  fmt::format("--ntasks-per-node={}", per_node)};
  const bool chosen = std::ranges::any_of(job.options, [](const auto& option) {
    const std::string name = OptionName(option);
    return name.starts_with("--gpus") || name == "--gres" ||
           name == "--tres-per-task";
  });
  if (job.gpus && !chosen) {
    options.push_back(fmt::format("--gpus-per-node={}", per_node));
  }
  return options;
}

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
  std::string name = job.name;
  std::ranges::replace(name, '\n', ' ');
  add("--job-name=" + Quoted(name));
  const std::string limit = job.jobs > 0 ? fmt::format("%{}", job.jobs) : "";
  add(fmt::format("--array=0-{}{}", job.runs.size() - 1, limit));
  add("--output=" + Quoted(LogFolder(job.log_folder) + "/%A_%a.txt"));
  add("--open-mode=append");
  add("--requeue");
  add("--signal=B:USR1@60");
  for (const std::string& option : RankOptions(job)) add(option);
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
  scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
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

void CheckArraySize(size_t tasks, const std::filesystem::path& folder) {
  CreateFolder(folder);
  const auto output = folder / "scontrol.txt";
  const ExitStatus ended =
      Subprocess({"/usr/bin/env", "scontrol", "show", "config"}, output, output)
          .Wait();
  if (ended.code != 0) return;  // sbatch will say why
  std::istringstream lines(ReadText(output));
  for (std::string line; std::getline(lines, line);) {
    size_t most = 0;
    if (std::sscanf(line.c_str(), "MaxArraySize = %zu", &most) != 1) continue;
    if (tasks <= most) return;
    throw Error(ErrorKind::kUsage, "launcher",
                "{} runs are left, and a job array of this cluster has at most "
                "{} tasks (MaxArraySize): submit parts of them (only)",
                tasks, most);
  }
}

std::string SubmitScript(const std::string& script,
                         const std::filesystem::path& folder) {
  CreateFolder(folder);
  const auto file = folder / "job.sh";
  const auto output = folder / "sbatch.txt";
  WriteTextFile(file, script);
  const ExitStatus ended =
      Subprocess({"/usr/bin/env", "sbatch", file.string()}, output, output)
          .Wait();
  std::string text = Tail(output, 10);
  if (ended.code == 0) return text;
  throw Error(ErrorKind::kIo, "sbatch", "rejected {}: {}", file.string(),
              LastError(text));
}

}  // namespace wsel::sweep
