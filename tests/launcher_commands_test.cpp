// The commands of docs/distributed.md: each option of a launcher is one that it
// has, with a value where it takes one. What follows "wsel" is parsed by
// tests/cli/readme_test.cpp.

#include "launcher_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "temp_folder.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

using testing::ElementsAre;

enum class Takes { kNothing, kValue };
using LauncherOptions = std::map<std::string, Takes>;

// Of torch.distributed.run 2.11, srun, sbatch and scancel of Slurm 22.05 to
// 24.11, mpirun of Open MPI 4 and 5: from their manuals, as far as one needs
// them to start ranks.
const std::map<std::string, LauncherOptions>& KnownOptions() {
  constexpr Takes kNothing = Takes::kNothing;
  constexpr Takes kValue = Takes::kValue;
  static const std::map<std::string, LauncherOptions> options = {
      {"torchrun",
       {{"--nnodes", kValue},
        {"--nproc-per-node", kValue},
        {"--rdzv-backend", kValue},
        {"--rdzv-endpoint", kValue},
        {"--rdzv-id", kValue},
        {"--rdzv-conf", kValue},
        {"--standalone", kNothing},
        {"--max-restarts", kValue},
        {"--monitor-interval", kValue},
        {"--no-python", kNothing},
        {"--log-dir", kValue},
        {"--redirects", kValue},
        {"--tee", kValue},
        {"--node-rank", kValue},
        {"--master-addr", kValue},
        {"--master-port", kValue},
        {"--local-addr", kValue}}},
      {"srun",
       {{"--nodes", kValue},
        {"--ntasks", kValue},
        {"--ntasks-per-node", kValue},
        {"--gpus", kValue},
        {"--gpus-per-node", kValue},
        {"--gpus-per-task", kValue},
        {"--cpus-per-task", kValue},
        {"--kill-on-bad-exit", kValue},
        {"--partition", kValue},
        {"--time", kValue}}},
      {"#SBATCH",
       {{"--job-name", kValue},
        {"--nodes", kValue},
        {"--ntasks-per-node", kValue},
        {"--gpus-per-node", kValue},
        {"--cpus-per-task", kValue},
        {"--mem", kValue},
        {"--time", kValue},
        {"--signal", kValue},
        {"--partition", kValue},
        {"--account", kValue},
        {"--output", kValue},
        {"--open-mode", kValue},
        {"--requeue", kNothing},
        {"--exclusive", kNothing}}},
      {"scancel", {{"--signal", kValue}, {"--batch", kNothing}}},
      {"scontrol", {}},
      {"mpirun",
       {{"-n", kValue},
        {"-x", kValue},
        {"--hostfile", kValue},
        {"--host", kValue},
        {"--map-by", kValue},
        {"--bind-to", kValue}}}};
  return options;
}

// What is wrong with the options of a command; "": nothing.
std::string WrongOption(const LauncherCommand& command) {
  const LauncherOptions& known = KnownOptions().at(command[0]);
  for (size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (!word.starts_with('-')) {
      // The program to run, a job, or "..." for more of the same.
      return command[0] == "#SBATCH" ? word + " is not an option" : "";
    }
    const size_t equals = word.find('=');
    const auto option = known.find(word.substr(0, equals));
    if (option == known.end()) return word + " is unknown";
    const bool takes = option->second == Takes::kValue;
    if (equals != std::string::npos) {
      if (!takes || equals + 1 == word.size()) return word + " has no value";
    } else if (takes) {
      ++i;
      if (i == command.size() || command[i].starts_with('-')) {
        return word + " lacks its value";
      }
    }
  }
  return "";
}

TEST(WrongOption, FindsMistakes) {
  EXPECT_EQ(WrongOption({"srun", "--nodes", "1", "--gpus=8", "wsel", "-x"}),
            "");
  EXPECT_EQ(WrongOption({"srun", "--nods", "1"}), "--nods is unknown");
  EXPECT_EQ(WrongOption({"srun", "--nodes", "--gpus", "8"}),
            "--nodes lacks its value");
  EXPECT_EQ(WrongOption({"torchrun", "--max-restarts"}),
            "--max-restarts lacks its value");
  EXPECT_EQ(WrongOption({"torchrun", "--no-python=1", "wsel"}),
            "--no-python=1 has no value");
  EXPECT_EQ(WrongOption({"#SBATCH", "--requeue", "now"}),
            "now is not an option");
  EXPECT_EQ(WrongOption({"#SBATCH", "--time="}), "--time= has no value");
}

TEST(CodeLines, JoinsWhatIsContinued) {
  EXPECT_THAT(CodeLines("text\n\n    srun -n 2 \\\n      wsel\n    b\n"),
              ElementsAre("srun -n 2 wsel", "b"));
}

TEST(DistributedPage, LaunchersHaveTheOptionsOfItsCommands) {
  std::map<std::string, int> count;
  for (const LauncherCommand& command : LauncherCommands(DistributedPage())) {
    ++count[command[0]];
    std::string line;
    for (const std::string& word : command) line += word + " ";
    EXPECT_EQ(WrongOption(command), "") << line;
  }
  // Each launcher has a recipe.
  EXPECT_GE(count["torchrun"], 2);
  EXPECT_GE(count["srun"], 3);
  EXPECT_GE(count["mpirun"], 2);
  EXPECT_GE(count["scancel"], 1);
  EXPECT_GE(count["#SBATCH"], 16);
}

// From "#!/bin/bash" to the end of the block.
std::vector<std::string> BatchScripts(const std::string& page) {
  std::istringstream lines(page);
  std::vector<std::string> scripts;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "    #!/bin/bash") {
      inside = true;
      scripts.emplace_back();
    }
    inside = inside && (line.empty() || line.starts_with("    "));
    if (inside) {
      scripts.back() += (line.empty() ? "" : line.substr(4)) + "\n";
    }
  }
  return scripts;
}

// The value of "#SBATCH --NAME=VALUE"; "": not there. Slurm stops reading them
// at the first command.
std::string BatchOption(const std::string& script, const std::string& name) {
  std::istringstream lines(script);
  const std::string begin = "#SBATCH --" + name + "=";
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with('#')) return "";
    if (line.starts_with(begin)) return line.substr(begin.size());
  }
  return "";
}

TEST(DistributedPage, HasWholeBatchScriptsForOneNodeAndSeveral) {
  const auto scripts = BatchScripts(DistributedPage());
  std::vector<std::string> nodes;
  const TempFolder folder;
  for (const std::string& script : scripts) {
    SCOPED_TRACE(script);
    nodes.push_back(BatchOption(script, "nodes"));
    const std::string ranks = BatchOption(script, "ntasks-per-node");
    EXPECT_EQ(BatchOption(script, "gpus-per-node"), ranks);
    EXPECT_NE(BatchOption(script, "cpus-per-task"), "");
    EXPECT_TRUE(std::regex_match(BatchOption(script, "time"),
                                 std::regex(R"((\d+-)?\d+:\d\d:\d\d)")));
    EXPECT_TRUE(std::regex_match(BatchOption(script, "signal"),
                                 std::regex("TERM@[0-9]+")));
    EXPECT_EQ(BatchOption(script, "open-mode"), "append");
    EXPECT_THAT(script, testing::HasSubstr("\nsrun --cpus-per-task "));
    EXPECT_THAT(script, testing::HasSubstr("wsel train --resume "));
    EXPECT_THAT(script, testing::HasSubstr("scontrol requeue"));
    WriteTextFile(folder / "job.sh", script);
    const std::string check = "bash -n '" + (folder / "job.sh").string() + "'";
    EXPECT_EQ(std::system(check.c_str()), 0);
  }
  EXPECT_THAT(nodes, ElementsAre("1", "2"));
}

}  // namespace
}  // namespace wsel
