// Torch-free.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace wsel::report {

// Writes a file and creates its folders.
inline void Write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// A summary.csv of wsel train, evaluated every epoch.
inline std::string Summary(const std::vector<double>& top1) {
  std::string text = "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n";
  for (size_t i = 0; i < top1.size(); ++i) {
    text += fmt::format("{},{},{},{},{},{}\n", i + 1,
                        2.5 / static_cast<double>(i + 1), 1.5, top1[i], 99.5,
                        0.001);
  }
  return text;
}

inline std::string Config(int seed, size_t epochs,
                          const std::string& init = "") {
  return fmt::format(
      R"({{"init": {{"file": "{}"}}, "train": {{"epochs": {}, "seed": {}}},)"
      R"( "optimizer": {{"lr": 0.001}}}})",
      init, epochs, seed);
}

// The folder of a finished run.
inline void MakeRun(const std::filesystem::path& folder, int seed,
                    const std::vector<double>& top1,
                    const std::string& init = "") {
  Write(folder / "config.json", Config(seed, top1.size(), init));
  Write(folder / "summary.csv", Summary(top1));
}

// A run of a sweep; `settings` is the inside of a JSON object, such as
// "\"init\": \"random\""; `more` follows the state in run.json.
inline void MakeSweepRun(const std::filesystem::path& sweep,
                         const std::string& name, const std::string& settings,
                         int seed, const std::string& state,
                         const std::vector<double>& top1,
                         const std::string& more = "") {
  const auto folder = sweep / "runs" / name;
  if (!top1.empty()) MakeRun(folder, seed, top1);
  Write(folder / "run.json",
        fmt::format(R"({{"sweep": "s", "settings": {{{}}}, "seed": {}, )"
                    R"("state": "{}"{}}})",
                    settings, seed, state, more));
}

}  // namespace wsel::report
