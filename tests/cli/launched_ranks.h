// Torch-free.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "read_all.h"
#include "temp_folder.h"
#include "wsel/core/subprocess.h"

namespace wsel {

inline bool IsFree(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  const bool free = bind(fd, any, sizeof(address)) == 0;
  close(fd);
  return free;
}

// Below the ports that the system gives to outgoing connections, of which one
// could take it before rank 0 does; tests that run in parallel begin apart.
inline int FreePort() {
  static int next = getpid() * 37;
  int port = 0;
  do {
    port = 10000 + next++ % 6000;
  } while (!IsFree(port));
  return port;
}

enum class Launcher { kTorchrun, kMpi };

// Ranks as a launcher starts them, in a folder. Output goes to out.N, err.N.
class Launched {
 public:
  Launched(const TempFolder& folder, int size,
           Launcher launcher = Launcher::kTorchrun)
      : folder_(folder), launcher_(launcher) {
    const bool mpi = launcher == Launcher::kMpi;
    Set(mpi ? "OMPI_COMM_WORLD_SIZE" : "WORLD_SIZE", std::to_string(size));
    if (mpi) {
      Set("PMIX_NAMESPACE", "job@1");
    } else {
      Set("MASTER_ADDR", "127.0.0.1");
      Set("MASTER_PORT", std::to_string(FreePort()));
    }
  }
  ~Launched() {
    for (const std::string& name : set_) unsetenv(name.c_str());
  }

  void Start(const std::vector<std::string>& args) {
    StartRank(ranks_.size(), args);
  }
  void StartAll(int size, const std::vector<std::string>& args) {
    for (int rank = 0; rank < size; ++rank) Start(args);
  }
  void StartRank(size_t number, const std::vector<std::string>& args) {
    const std::string rank = std::to_string(number);
    Set(launcher_ == Launcher::kMpi ? "OMPI_COMM_WORLD_RANK" : "RANK", rank);
    std::vector<std::string> argv = {"/bin/sh",
                                     "-c",
                                     "cd \"$1\" && shift && exec \"$@\"",
                                     "sh",
                                     folder_.path().string(),
                                     WSEL_BINARY};
    argv.insert(argv.end(), args.begin(), args.end());
    ranks_.emplace(number, Subprocess(argv, folder_ / ("out." + rank),
                                      folder_ / ("err." + rank)));
  }

  Subprocess& operator[](size_t rank) { return ranks_.at(rank); }
  int Wait(size_t rank) { return ranks_.at(rank).Wait().code; }
  std::string ErrorsOf(size_t rank) const {
    return ReadAll(folder_ / ("err." + std::to_string(rank)));
  }
  std::string Errors() const {
    std::string all;
    for (const auto& [rank, process] : ranks_) all += ErrorsOf(rank);
    return all;
  }

 private:
  void Set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    set_.insert(name);
  }

  const TempFolder& folder_;
  Launcher launcher_;
  std::set<std::string> set_;  // environment variables
  std::map<size_t, Subprocess> ranks_;
};

}  // namespace wsel
