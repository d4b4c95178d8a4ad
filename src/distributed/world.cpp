#include "wsel/distributed/world.h"

#include <charconv>
#include <cstdlib>

#include "wsel/core/error.h"

namespace wsel::distributed {
namespace {

constexpr int kMaxRanks = 1 << 20;
constexpr int kPytorchPort = 29500;

std::optional<int> Number(const Environment& environment, const char* name,
                          int low, int high) {
  const std::string text = environment(name);
  if (text.empty()) return std::nullopt;
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < low || value > high) {
    throw Error(ErrorKind::kUsage, name,
                "is '{}' in the environment; it must be a number from {} to {}",
                text, low, high);
  }
  return value;
}

// The variables of one kind of launcher.
struct Launcher {
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;  // nullptr: it has none
};
constexpr Launcher kTorchrun = {"RANK", "WORLD_SIZE", "LOCAL_RANK",
                                "LOCAL_WORLD_SIZE"};
constexpr Launcher kOthers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
     "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", nullptr}};

std::optional<World> RanksBy(const Launcher& launcher,
                             const Environment& environment) {
  const auto size = Number(environment, launcher.size, 1, kMaxRanks);
  if (!size) return std::nullopt;
  const auto rank = Number(environment, launcher.rank, 0, *size - 1);
  if (!rank) return std::nullopt;
  World world{.rank = *rank, .size = *size};
  world.local_rank = Number(environment, launcher.local_rank, 0, *size - 1);
  if (launcher.local_size != nullptr) {
    world.local_size = Number(environment, launcher.local_size, 1, *size);
  }
  return world;
}

std::optional<World> FindRanks(const Environment& environment) {
  if (auto world = RanksBy(kTorchrun, environment)) return world;
  for (const Launcher& launcher : kOthers) {
    const auto world = RanksBy(launcher, environment);
    if (!world) continue;
    return world->size > 1 ? world : std::nullopt;
  }
  return std::nullopt;
}

// Below the ports that Linux gives to outgoing connections.
int SlurmPort(const Environment& environment) {
  const auto most = 2'000'000'000;
  const int64_t job = Number(environment, "SLURM_JOB_ID", 0, most).value_or(0);
  const int64_t step =
      Number(environment, "SLURM_STEP_ID", 0, most).value_or(0);
  return static_cast<int>(20000 + (job * 37 + step) % 12000);
}

std::string SlurmHost(const Environment& environment) {
  if (environment("SLURM_STEP_NUM_NODES") == "1") return "127.0.0.1";
  for (const char* name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"}) {
    const std::string list = environment(name);
    if (!list.empty()) return FirstHost(list);
  }
  return environment("SLURM_LAUNCH_NODE_IPADDR");
}

// PMIx names have characters that file names had better not have.
std::string LaunchId(const Environment& environment) {
  std::string id = environment("PMIX_NAMESPACE");
  if (id.empty()) id = environment("OMPI_MCA_ess_base_jobid");
  for (char& c : id) {
    const bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                      (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
    if (!kept) c = '_';
  }
  return id;
}

void FindPlace(const Environment& environment, World& world) {
  world.host = environment("MASTER_ADDR");
  const auto port = Number(environment, "MASTER_PORT", 1, 65535);
  if (!world.host.empty()) {
    world.port = port.value_or(kPytorchPort);
  } else if (!environment("SLURM_JOB_ID").empty()) {
    world.host = SlurmHost(environment);
    world.port = port.value_or(SlurmPort(environment));
  }
  world.serves =
      world.rank == 0 && environment("TORCHELASTIC_USE_AGENT_STORE") != "True";
  if (!world.host.empty()) return;
  world.launch_id = LaunchId(environment);
  if (!world.launch_id.empty()) return;
  throw Error(ErrorKind::kUsage, "MASTER_ADDR",
              "is not set, so that {} ranks do not know where to meet: set it "
              "to the host of rank 0, and MASTER_PORT to a free port there",
              world.size);
}

}  // namespace

std::string ProcessEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<World> FindWorld(const Environment& environment) {
  auto world = FindRanks(environment);
  if (!world) return std::nullopt;
  FindPlace(environment, *world);
  world->restart =
      Number(environment, "TORCHELASTIC_RESTART_COUNT", 0, 1'000'000)
          .value_or(0);
  return world;
}

std::string FirstHost(std::string_view nodelist) {
  std::string host;
  bool in_list = false;  // between brackets
  bool first = true;     // the first item of the brackets
  for (const char c : nodelist) {
    if (c == '[') {
      in_list = first = true;
    } else if (c == ']') {
      in_list = false;
    } else if (in_list) {
      if (c == ',' || c == '-') first = false;
      if (first) host += c;
    } else if (c == ',') {
      break;
    } else {
      host += c;
    }
  }
  return host;
}

Share ShareOf(int rank, int size, int64_t count, int64_t unit,
              std::string_view count_name, std::string_view unit_name) {
  if (count % size != 0) {
    throw Error(ErrorKind::kConfig, count_name,
                "is {}, which {} ranks cannot share equally", count, size);
  }
  const int64_t share = count / size;
  if (share % unit != 0) {
    throw Error(ErrorKind::kConfig, unit_name,
                "is {}, which does not divide the {} images that each of {} "
                "ranks has of {} = {}",
                unit, share, size, count_name, count);
  }
  return {rank * share, share};
}

}  // namespace wsel::distributed
