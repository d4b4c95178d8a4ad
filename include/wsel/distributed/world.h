// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wsel::distributed {

// The value of an environment variable; "": not set.
using Environment = std::function<std::string(const char* name)>;
std::string ProcessEnvironment(const char* name);

// One of the processes, the ranks, that run a command together, as the program
// that started them describes it.
struct World {
  int rank = 0;
  int size = 1;
  // Among the ranks on this machine; nullopt: to be counted when all have met.
  std::optional<int> local_rank = std::nullopt;
  std::optional<int> local_size = std::nullopt;

  // Where the ranks meet: at a TCP store on `host`, or without one at a file.
  std::string host = {};
  int port = 0;
  bool serves = false;         // this rank holds the store
  std::string launch_id = {};  // of a file's name: no two launches share it
  int restart = 0;             // by torchrun: how many times so far
};

// The world that a launcher has put this process into; nullopt: none, or a
// single rank. In this order:
//
// - torchrun, PyTorch's variables: RANK, WORLD_SIZE, LOCAL_RANK,
//   LOCAL_WORLD_SIZE; also a world of one. With TORCHELASTIC_USE_AGENT_STORE
//   torchrun itself holds the store.
// - Open MPI: OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE
// - MPICH, Intel MPI: PMI_RANK, PMI_SIZE, MPI_LOCALRANKID, MPI_LOCALNRANKS
// - srun: SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID. A batch script has
//   the first too, but is not part of a step.
//
// They meet at MASTER_ADDR and MASTER_PORT (29500, as in PyTorch); under Slurm
// otherwise at the step's first host, or SLURM_LAUNCH_NODE_IPADDR, and a port
// from 20000 to 31999 by the ids of job and step; else at a file named by MPI's
// PMIX_NAMESPACE or OMPI_MCA_ess_base_jobid.
//
// Errors: kUsage at the variable: not a number, a rank outside the world, a
// rank without a size, no place to meet.
std::optional<World> FindWorld(const Environment& environment);

// "gpu[03-08,11],login" -> "gpu03": the first of a list as Slurm writes it.
std::string FirstHost(std::string_view nodelist);

// The processors of this machine, and those that this process may use.
struct Processors {
  int online = 1;
  int allowed = 1;
  bool bound_by_rank = false;  // the launcher may have given each rank its own
};
// One rank's part of them, of `local_size` ranks on this machine: those that it
// was given, or the allowed ones divided. At least 1.
int PartOf(const Processors& processors, int local_size);

// That of this process: threads for each of `local_size` ranks.
int ProcessorsPerRank(int local_size);

// The share of rank `rank` in `count` images: `first` up to `first + count`.
struct Share {
  int64_t first = 0;
  int64_t count = 0;
};
// Equal parts, in the order of the ranks. `unit`: images that belong together;
// `count_name` and `unit_name` are keys for messages. Errors: kConfig with the
// numbers if the ranks do not get whole units.
Share ShareOf(int rank, int size, int64_t count, int64_t unit,
              std::string_view count_name, std::string_view unit_name);

}  // namespace wsel::distributed
