// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/sweep/argv.h"

namespace wsel::sweep {

// A job array with one task per run.
struct SlurmJob {
  std::string name;
  std::string log_folder;            // for the output of tasks
  std::vector<std::string> options;  // more of sbatch's: "--partition=gpu"
  Argv command;                      // of a task; "--only RUN" is appended
  std::vector<std::string> runs;     // names
  int jobs = 0;                      // maximum in parallel; 0: no limit
};

// The sbatch script of a job array. One minute before its time limit a task
// saves, exits and is requeued; a task that is killed and requeued resumes from
// its last save. Errors: kUsage for an option that does not begin with "--" or
// contains a line break.
// Source: sbatch(1) of Slurm 22.05.
std::string SlurmScript(const SlurmJob& job);

}  // namespace wsel::sweep
