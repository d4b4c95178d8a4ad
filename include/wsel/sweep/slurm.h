// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/sweep/commands.h"

namespace wsel::sweep {

struct SlurmJob {
  std::string name;                  // of the job
  std::string log_folder;            // what tasks print goes here
  std::vector<std::string> options;  // more of sbatch's: "--partition=gpu"
  Words command;                     // of a task; "--only RUN" is added
  std::vector<std::string> runs;     // one a task
  int jobs = 0;                      // at once at most; 0: no limit
};

// An sbatch script of a job array. A task that comes to its time limit stops a
// minute before, saves, and is queued again; one that is killed and queued
// again goes on from its last save. Errors: kUsage for an option that does not
// begin with "--" or has a line break.
// Source: sbatch(1) of Slurm 22.05.
std::string SlurmScript(const SlurmJob& job);

}  // namespace wsel::sweep
