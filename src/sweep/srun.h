// Torch-free.
#pragma once

#include "wsel/sweep/argv.h"

namespace wsel::sweep {

// The command that runs `command` as `ranks` tasks on `nodes` nodes of the
// Slurm job that this process is in. Errors: as RanksPerNode.
// Source: srun(1) of Slurm 22.05.
Argv SrunArgv(const Argv& command, int ranks, int nodes);

// Sends SIGTERM to the tasks of all steps of this job; a SIGTERM to srun itself
// has the tasks killed before they save. False: scancel failed.
bool TerminateSteps();

}  // namespace wsel::sweep
