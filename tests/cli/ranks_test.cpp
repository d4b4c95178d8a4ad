// Several ranks as processes: started by --ranks, and as a launcher starts
// them.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/subprocess.h"
#include "wsel/core/text_file.h"
#include "wsel/distributed/process_group.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::string kRanksData =
    (fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders").string();

// Of four images a step; two ranks have two each.
std::string Recipe(int epochs) {
  return R"({
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
              "embed_dim": 16, "depth": 2, "num_heads": 2},
    "data": {"name": "folder"},
    "train": {"epochs": )" +
         std::to_string(epochs) + R"(, "warmup_epochs": 2, "batch_size": 4,
              "mixup_batch": 2, "drop_path": 0.1, "ema_decay": 0.9,
              "save_minutes": 0}
  })";
}

std::vector<std::string> TrainOnRanks(
    const std::string& output, const std::vector<std::string>& more = {}) {
  std::vector<std::string> args = {
      "train",    "--config",  "r.json",   "--data-root", kRanksData,
      "--output", output,      "--device", "cpu",         "--threads",
      "1",        "--workers", "1"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

// For a run of which only the end counts: what is left of it is neither saved
// nor evaluated at each step, which changes nothing about the weights.
std::vector<std::string> Rest(std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--set", "train.save_minutes=1", "--set",
                           "train.val_interval=1000"});
  return more;
}

bool IsFree(int port) {
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
int FreePort() {
  static int next = getpid() * 37;
  int port = 0;
  do {
    port = 10000 + next++ % 6000;
  } while (!IsFree(port));
  return port;
}

enum Launcher { kTorchrun, kMpi };

// Ranks as a launcher starts them, in a folder. Output goes to out.N, err.N.
class Launched {
 public:
  Launched(const TempFolder& folder, int size, Launcher launcher = kTorchrun)
      : folder_(folder), launcher_(launcher) {
    const bool mpi = launcher == kMpi;
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
    const std::string rank = std::to_string(ranks_.size());
    Set(launcher_ == kMpi ? "OMPI_COMM_WORLD_RANK" : "RANK", rank);
    std::vector<std::string> argv = {"/bin/sh",
                                     "-c",
                                     "cd \"$1\" && shift && exec \"$@\"",
                                     "sh",
                                     folder_.path().string(),
                                     WSEL_BINARY};
    argv.insert(argv.end(), args.begin(), args.end());
    ranks_.emplace_back(argv, folder_ / ("out." + rank),
                        folder_ / ("err." + rank));
  }
  void StartAll(int size, const std::vector<std::string>& args) {
    for (int rank = 0; rank < size; ++rank) Start(args);
  }

  Subprocess& operator[](size_t rank) { return ranks_[rank]; }
  int Wait(size_t rank) { return ranks_[rank].Wait().code; }
  std::string Errors() const {
    std::string all;
    for (size_t rank = 0; rank < ranks_.size(); ++rank) {
      all += ReadAll(folder_ / ("err." + std::to_string(rank)));
    }
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
  std::vector<Subprocess> ranks_;
};

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// Until the run saves its state.
void WaitForSave(const TempFolder& folder) {
  const fs::path state = folder / "run/state.safetensors";
  const auto saved = [&] {
    std::error_code missing;
    return fs::last_write_time(state, missing);
  };
  const auto before = saved();
  for (int i = 0; i < 18000; ++i) {
    if (saved() != before) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "the run saved nothing within three minutes";
}

class RanksCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
    WriteTextFile(folder / "r.json", Recipe(10));
  }
  const TempFolder folder;
};

TEST_F(RanksCommand, StartsRanksThatTrainAndEvaluateAsOne) {
  const Outcome two = RunWsel(folder, TrainOnRanks("two", {"--ranks", "2"}));
  ASSERT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(Count(two.out, "best        top-1"), 1U);
  EXPECT_THAT(two.err, HasSubstr("epoch 10/10"));
  EXPECT_THAT(two.err, HasSubstr("comm "));
  EXPECT_THAT(ReadText(folder / "two/metrics.jsonl"), HasSubstr("comm_wait"));
  const auto eval = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args = {"eval",
                                     "--checkpoint",
                                     "two/last.safetensors",
                                     "--dataset",
                                     "folder",
                                     "--data-root",
                                     kRanksData,
                                     "--device",
                                     "cpu",
                                     "--batch-size",
                                     "1",
                                     "--predictions",
                                     "p.jsonl",
                                     "--logits",
                                     "--json"};
    args.insert(args.end(), more.begin(), more.end());
    const Outcome outcome = RunWsel(folder, args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out + ReadText(folder / "p.jsonl");
  };
  // Sums depend on the number of threads.
  ::setenv("OMP_NUM_THREADS", "1", 1);
  EXPECT_EQ(eval({"--ranks", "2"}), eval({}));
  ::unsetenv("OMP_NUM_THREADS");
}

TEST_F(RanksCommand, ErrorsOfAllRanksArePrintedOnce) {
  const Outcome run = RunWsel(folder, TrainOnRanks("run", {"--ranks", "3"}));
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(Count(run.err, "wsel: "), 1U) << run.err;
  EXPECT_THAT(run.err, HasSubstr("train.batch_size: is 4, which 3 ranks"));
  EXPECT_FALSE(fs::exists(folder / "run/config.json"));
  const Outcome again =
      RunWsel(folder, TrainOnRanks("run", {"--ranks", "2", "--dry-run"}));
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

// As those of one rank do.
TEST_F(RanksCommand, ErrorsOfRanksNameOptions) {
  const Outcome init =
      RunWsel(folder, {"init", "--student", "vit_tiny", "--embed-dim", "12",
                       "--depth", "1", "--img-size", "32", "--num-classes", "2",
                       "--output", "s.safetensors"});
  ASSERT_EQ(init.exit_code, 0) << init.err;
  const auto eval = [&](const std::string& ranks) {
    return RunWsel(
        folder, {"eval", "--checkpoint", "s.safetensors", "--dataset", "folder",
                 "--data-root", kRanksData, "--device", "cpu", "--crop-pct",
                 "0.9", "--ranks", ranks});
  };
  for (const char* ranks : {"1", "2"}) {
    const Outcome run = eval(ranks);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    // By the rank that is first to report it, whose name may come before.
    EXPECT_EQ(Count(run.err, "wsel: "), 1U) << run.err;
    EXPECT_EQ(Count(run.err, " --crop-pct: has no effect"), 1U) << run.err;
  }
}

// Without an address they meet at a file in the run's folder.
TEST_F(RanksCommand, RanksOfMpiNeedNoAddress) {
  Launched ranks(folder, 2, kMpi);
  ranks.StartAll(2, TrainOnRanks("run"));
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  EXPECT_GT(fs::file_size(folder / "run/last.safetensors"), 0U);
  EXPECT_FALSE(fs::exists(folder / "run/rendezvous-job_1"));
}

// Its file outlives a rank, as a store at an address does.
TEST_F(RanksCommand, AKilledRankOfMpiIsNamed) {
  WriteTextFile(folder / "r.json", Recipe(2000));
  Launched ranks(folder, 2, kMpi);
  ranks.StartAll(2, TrainOnRanks("run"));
  WaitForSave(folder);
  ranks[1].Signal(SIGKILL);
  EXPECT_EQ(ranks.Wait(0), 4);
  EXPECT_THAT(ranks.Errors(), HasSubstr("rank 1 ("));
  EXPECT_THAT(ranks.Errors(), HasSubstr("has ended without reporting"));
}

TEST_F(RanksCommand, RanksOfALauncherMustBeAsMany) {
  Launched ranks(folder, 2);
  ranks.StartAll(2, TrainOnRanks("run", {"--ranks", "4"}));
  EXPECT_EQ(ranks.Wait(0), 2);
  EXPECT_EQ(ranks.Wait(1), 2);
  EXPECT_EQ(Count(ranks.Errors(), "--ranks: is 4, but"), 1U) << ranks.Errors();
}

// The two others must find each other within that time, on a busy machine too.
TEST_F(RanksCommand, ARankThatNeverComesIsNamed) {
  Launched ranks(folder, 3);
  ranks.StartAll(2, TrainOnRanks("run", {"--rendezvous-timeout", "20"}));
  EXPECT_EQ(ranks.Wait(0), 4);
  EXPECT_EQ(ranks.Wait(1), 4);
  EXPECT_EQ(Count(ranks.Errors(), "1 of 3 ranks did not come within 20 s"), 1U)
      << ranks.Errors();
  EXPECT_THAT(ranks.Errors(), HasSubstr("timeout): 2;"));
}

// Whoever waits for it prints one line.
TEST_F(RanksCommand, ARankZeroThatNeverComesIsNamed) {
  Launched ranks(folder, 2);
  setenv("RANK", "1", 1);
  const Outcome run =
      RunWsel(folder, TrainOnRanks("run", {"--rendezvous-timeout", "2"}));
  unsetenv("RANK");
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("rank 1 did not reach rank 0 there within 2"));
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
}

TEST_F(RanksCommand, OtherImagesAreNamed) {
  fs::copy(kRanksData, folder / "other", fs::copy_options::recursive);
  const auto images = fs::recursive_directory_iterator(folder / "other/train");
  const auto image = std::ranges::find_if(
      images, [](const auto& entry) { return entry.is_regular_file(); });
  ASSERT_NE(image, end(images));
  fs::copy_file(image->path(), image->path().parent_path() / "more.png");
  Launched ranks(folder, 2);
  ranks.Start(TrainOnRanks("run"));
  auto other = TrainOnRanks("run");
  std::ranges::replace(other, kRanksData, (folder / "other").string());
  ranks.Start(other);
  EXPECT_EQ(ranks.Wait(0), 3);
  EXPECT_EQ(ranks.Wait(1), 3);
  EXPECT_EQ(Count(ranks.Errors(), "train.images: 4, here 5"), 1U)
      << ranks.Errors();
}

TEST_F(RanksCommand, AnotherCheckpointAndOptionOfEvalAreNamed) {
  const auto init = [&](const char* seed, const char* output) {
    const Outcome outcome =
        RunWsel(folder, {"init", "--student", "vit_tiny", "--embed-dim", "12",
                         "--depth", "1", "--img-size", "32", "--num-classes",
                         "2", "--seed", seed, "--output", output});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  };
  init("1", "a.safetensors");
  init("2", "b.safetensors");
  const auto eval = [](const std::string& file,
                       const std::vector<std::string>& more) {
    std::vector<std::string> args = {"eval",      "--checkpoint", file,
                                     "--dataset", "folder",       "--data-root",
                                     kRanksData,  "--device",     "cpu"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  };
  Launched ranks(folder, 2);
  ranks.Start(eval("a.safetensors", {}));
  ranks.Start(eval("b.safetensors", {"--tta", "hflip"}));
  EXPECT_EQ(ranks.Wait(0), 3);
  EXPECT_EQ(ranks.Wait(1), 3);
  EXPECT_EQ(Count(ranks.Errors(), "wsel: "), 1U) << ranks.Errors();
  EXPECT_THAT(ranks.Errors(), HasSubstr("\n  checkpoint: \""));
  EXPECT_THAT(ranks.Errors(), HasSubstr("\n  tta: \"none\", here \"hflip\""));
}

TEST_F(RanksCommand, AnotherRecipeIsNamed) {
  Launched ranks(folder, 2);
  ranks.Start(TrainOnRanks("run"));
  ranks.Start(TrainOnRanks("run", {"--set", "optimizer.lr=0.5"}));
  EXPECT_EQ(ranks.Wait(0), 3);
  EXPECT_EQ(ranks.Wait(1), 3);
  EXPECT_EQ(Count(ranks.Errors(), "optimizer.lr: 0.004, now 0.5"), 1U)
      << ranks.Errors();
}

TEST_F(RanksCommand, AFolderThatOthersDoNotSeeIsNamed) {
  Launched ranks(folder, 2);
  ranks.Start(TrainOnRanks("a"));
  ranks.Start(TrainOnRanks("b"));
  EXPECT_EQ(ranks.Wait(0), 4);
  EXPECT_EQ(ranks.Wait(1), 4);
  EXPECT_EQ(Count(ranks.Errors(), "not the same folder on all ranks"), 1U)
      << ranks.Errors();
}

// At random instants, also during saves: the run then ends in the bytes of one
// that was never stopped.
TEST_F(RanksCommand, TerminatingOneRankSavesOnceAndEndsAll) {
  WriteTextFile(folder / "r.json", Recipe(150));
  const auto train = [&](const char* output) {
    return TrainOnRanks(output,
                        {"--resume", "--set", "train.val_interval=1000"});
  };
  std::mt19937 random(7);
  int stopped = 0;
  for (int attempt = 0; attempt < 10; ++attempt) {
    Launched ranks(folder, 2);
    ranks.StartAll(2, train("run"));
    WaitForSave(folder);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
    ranks[random() % 2].Signal(SIGTERM);
    const int code = ranks.Wait(0);
    EXPECT_EQ(ranks.Wait(1), code);
    if (code == 0) break;  // it was done
    EXPECT_EQ(code, 143) << ranks.Errors();
    EXPECT_EQ(Count(ranks.Errors(), "stopped after step"), 1U)
        << ranks.Errors();
    ++stopped;
  }
  EXPECT_GE(stopped, 5);
  for (const char* output : {"run", "whole"}) {
    Launched ranks(folder, 2);
    ranks.StartAll(2, train(output));
    EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
    EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  }
  EXPECT_EQ(ReadAll(folder / "run/last.safetensors"),
            ReadAll(folder / "whole/last.safetensors"));
}

// Without its recipe, whose micro-batch the folder has as chosen for one rank.
TEST_F(RanksCommand, ARunResumesAloneOnMoreRanks) {
  WriteTextFile(folder / "r.json", Recipe(4));
  ASSERT_EQ(RunWsel(folder, TrainOnRanks("run")).exit_code, 0);
  Launched ranks(folder, 2);
  ranks.StartAll(2, {"train", "--resume", "--output", "run", "--device", "cpu",
                     "--threads", "1", "--epochs", "6", "--track", "mlflow"});
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  EXPECT_THAT(ranks.Errors(), HasSubstr("train.epochs 6, was 4"));
  const std::string summary = ReadText(folder / "run/summary.csv");
  EXPECT_EQ(std::ranges::count(summary, '\n'), 1 + 6);
  EXPECT_THAT(ReadText(folder / "run/config.json"), HasSubstr("\"epochs\": 6"));
  // The first rank alone writes.
  size_t stores = 0;
  for (const auto& entry : fs::directory_iterator(folder / "run/mlruns/0")) {
    stores += entry.is_directory() ? 1 : 0;
  }
  EXPECT_EQ(stores, 1U);
}

// At random instants, also during saves.
TEST_F(RanksCommand, AKilledRankIsNamedAndTheRunResumes) {
  WriteTextFile(folder / "r.json", Recipe(2000));
  std::mt19937 random(19);
  for (int attempt = 0; attempt < 10; ++attempt) {
    Launched ranks(folder, 2);
    ranks.StartAll(2, TrainOnRanks("run", {"--resume"}));
    WaitForSave(folder);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 500));
    const size_t killed = random() % 2;
    ranks[killed].Signal(SIGKILL);
    EXPECT_EQ(ranks.Wait(killed), 128 + SIGKILL);
    EXPECT_EQ(ranks.Wait(1 - killed), 4);
    EXPECT_THAT(ranks.Errors(),
                HasSubstr("rank " + std::to_string(killed) + " ("));
    EXPECT_THAT(ranks.Errors(), HasSubstr("has ended without reporting"));
  }
  Launched ranks(folder, 2);
  ranks.StartAll(2, TrainOnRanks("run", Rest({"--resume"})));
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
}

TEST_F(RanksCommand, TorchrunsRestartResumesByItself) {
  WriteTextFile(folder / "r.json", Recipe(400));
  {
    Launched ranks(folder, 2);
    ranks.StartAll(2, TrainOnRanks("run"));
    WaitForSave(folder);
    ranks[0].Signal(SIGTERM);
    EXPECT_EQ(ranks.Wait(0), 143);
    EXPECT_EQ(ranks.Wait(1), 143);
  }
  Launched ranks(folder, 2);
  setenv("TORCHELASTIC_RESTART_COUNT", "1", 1);
  ranks.StartAll(2, TrainOnRanks("run", Rest()));
  unsetenv("TORCHELASTIC_RESTART_COUNT");
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
}

// The Python that has a whole torch, which brings torchrun; "": none.
std::string PythonWithTorchrun() {
  const char* given = std::getenv("WSEL_PYTHON");
  for (const std::string& python :
       {std::string(given == nullptr ? "" : given),
        std::string(WSEL_SOURCE_DIR "/.venv-parity/bin/python"),
        std::string("python3")}) {
    const std::string import =
        python + " -c 'import torch.distributed.run' >/dev/null 2>&1";
    if (!python.empty() && std::system(import.c_str()) == 0) return python;
  }
  return "";
}

// The first process found that runs wsel-torch as a child of torchrun, which is
// named by its port.
pid_t RankOfTorchrun(const std::string& endpoint) {
  std::map<pid_t, pid_t> parents;
  pid_t torchrun = 0;
  std::vector<pid_t> programs;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid == 0) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string word;
    for (int field = 0; field < 4 && stat >> word;) {
      field += field != 1 || word.ends_with(')') ? 1 : 0;
    }
    parents[pid] = std::atoi(word.c_str());
    const std::string command = ReadAll(entry.path() / "cmdline");
    if (command.find(endpoint) != command.npos) torchrun = pid;
    if (command.find("wsel") < command.find('\0')) programs.push_back(pid);
  }
  for (const pid_t program : programs) {
    if (torchrun != 0 && parents[program] == torchrun) return program;
  }
  return 0;
}

TEST_F(RanksCommand, TorchrunItselfRestartsAfterAKill) {
  const std::string python = PythonWithTorchrun();
  if (python.empty()) {
    GTEST_SKIP() << "no Python has torch; set WSEL_PYTHON to one that does";
  }
  WriteTextFile(folder / "r.json", Recipe(100));
  const std::string endpoint = "127.0.0.1:" + std::to_string(FreePort());
  std::vector<std::string> argv = {"/bin/sh",
                                   "-c",
                                   "cd \"$1\" && shift && exec \"$@\"",
                                   "sh",
                                   folder.path().string(),
                                   python,
                                   "-m",
                                   "torch.distributed.run",
                                   "--no-python",
                                   "--nproc-per-node",
                                   "2",
                                   "--max-restarts",
                                   "1",
                                   "--rdzv-backend",
                                   "c10d",
                                   "--rdzv-endpoint",
                                   endpoint,
                                   WSEL_BINARY};
  for (const std::string& word : TrainOnRanks("run")) argv.push_back(word);
  Subprocess torchrun(argv, folder / "out", folder / "err");
  WaitForSave(folder);
  const pid_t rank = RankOfTorchrun(endpoint);
  ASSERT_NE(rank, 0);
  kill(rank, SIGKILL);
  EXPECT_EQ(torchrun.Wait().code, 0);
  const std::string summary = ReadText(folder / "run/summary.csv");
  EXPECT_EQ(std::ranges::count(summary, '\n'), 1 + 100);
  const std::string log = ReadAll(folder / "err");
  EXPECT_EQ(Count(log, "(exitcode: -9)"), 1U);
  EXPECT_EQ(Count(log, "epoch 1/100 "), 1U);  // it did not begin again
}

}  // namespace
}  // namespace wsel
