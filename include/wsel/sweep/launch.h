// Torch-free.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "wsel/run/run_record.h"
#include "wsel/sweep/argv.h"
#include "wsel/sweep/expand.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::sweep {

struct LaunchOptions {
  std::string program;  // path of the wsel executable
  int jobs = 1;         // runs in parallel
  int threads = 0;      // per run; 0: all
  int ranks = 1;        // of each run
  // That the ranks are divided among; several are those of the Slurm job that
  // this process is in.
  int nodes = 1;
  // Assigned to the jobs in turn, of GPUs as many as a run has ranks: a
  // multiple of `ranks` then, or one name that stands for all. {}: "auto".
  std::vector<std::string> devices;
  bool retry_failed = false;
  std::vector<run::Tracker> track = {};  // as SweepCall's
  std::function<int()> stop;  // the signal that requests a stop; 0: none
  // Called a few times per second.
  std::function<void()> on_wait;
  // Called at each change of a run's state, with the run's name.
  std::function<void(const std::string& run, const run::RunRecord&)> on_change;
  // Called once if files stand for locks, since the file system has none.
  std::function<void()> on_file_lock;
};

// Counts of a sweep's runs by outcome.
struct SweepResult {
  int finished = 0;  // by this call or before
  int failed = 0;
  int running_elsewhere = 0;  // locked by another process
  int waiting = 0;            // stopped, or not started before a stop
  int exit_code = 0;          // of the first failed run; 0: none failed
};

// Creates the folders of all runs, and a record in state waiting for those that
// have none. Errors: kIo.
void RegisterRuns(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
                  const SweepFolder& folder);

// The names of the runs that are neither finished nor, unless `retry_failed`,
// failed. Errors: kIo, kFormat for their records.
std::vector<std::string> RunsLeft(const std::vector<PlannedRun>& runs,
                                  const SweepFolder& folder, bool retry_failed);

// The GPUs of slot `slot`, if they are dealt out in groups of `ranks`: a value
// for CUDA_VISIBLE_DEVICES within that of this process, `visible`. "": they are
// not.
std::string VisibleDevices(const std::vector<std::string>& devices, int ranks,
                           size_t slot, const std::string& visible);

// The ranks on each of `nodes` nodes. Errors: kUsage if these cannot share them
// equally.
int RanksPerNode(int ranks, int nodes);

// Errors: kUsage if runs on several nodes were to be launched outside of a
// Slurm job that has as many.
void RequireJobOfNodes(int nodes);

// Executes all runs on this machine, or as steps of this Slurm job, each in its
// own process and folder. Finished runs are skipped, interrupted ones resume,
// failed ones are recorded and skipped (see retry_failed), and those locked by
// another process are left to it. A stop is forwarded to the active runs, which
// save and exit. Errors: kIo for the sweep's own files; errors of runs go into
// their records.
SweepResult Launch(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
                   const SweepFolder& folder, const LaunchOptions& options);

// A job array with one task per run.
struct SlurmJob {
  std::string name;
  std::string log_folder;            // for the output of tasks
  std::vector<std::string> options;  // more of sbatch's: "--partition=gpu"
  Argv command;                      // of a task; "--only RUN" is appended
  std::vector<std::string> runs;     // names
  int jobs = 0;                      // maximum in parallel; 0: no limit
  int ranks = 1;                     // of each run
  int nodes = 1;                     // that they are divided among
  bool gpus = false;  // requires one per rank, unless `options` request GPUs
};

// The sbatch script of a job array. One minute before its time limit a task
// saves, exits and is requeued; a task that is killed and requeued resumes from
// its last save. Errors: kUsage for an option that does not begin with "--" or
// contains a line break, or requests nodes or tasks although a run has several
// ranks; for a log folder that Slurm cannot name; as RanksPerNode.
// Source: sbatch(1) of Slurm 22.05.
std::string SlurmScript(const SlurmJob& job);

// Reads MaxArraySize from this cluster, and keeps it in `folder`.
// Errors: kUsage if it is less than `tasks`; kIo.
void CheckArraySize(size_t tasks, const std::filesystem::path& folder);

// Writes the script to job.sh in `folder` and submits it. Returns what sbatch
// prints. Errors: kIo for files, and with sbatch's message if it fails.
std::string SubmitScript(const std::string& script,
                         const std::filesystem::path& folder);

}  // namespace wsel::sweep
