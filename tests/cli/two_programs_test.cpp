// wsel, which has no LibTorch, and wsel-torch are one command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cli/run_wsel.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

fs::path TorchProgram() {
  return fs::path(WSEL_BINARY).parent_path() / "wsel-torch";
}

Outcome Shell(const TempFolder& folder, const std::string& command) {
  const std::string line = fmt::format("cd '{}' && {} >out 2>err </dev/null",
                                       folder.path().string(), command);
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(folder / "out"),
          ReadAll(folder / "err")};
}

TEST(TwoPrograms, HaveTheSameHelp) {
  const TempFolder folder;
  for (const char* command :
       {"", "init", "train", "eval", "predict", "datasets", "probe",
        "analyze attention", "analyze features", "analyze weights", "sweep",
        "inspect", "convert", "export", "bench", "report", "models",
        "completion", "man"}) {
    const Outcome one =
        Shell(folder, fmt::format("'{}' {} --help", WSEL_BINARY, command));
    const Outcome other =
        Shell(folder,
              fmt::format("'{}' {} --help", TorchProgram().string(), command));
    EXPECT_EQ(one.exit_code, 0) << command << one.err;
    EXPECT_EQ(one.out, other.out) << command;
  }
}

TEST(TwoPrograms, HaveTheSameErrorsAndExitCodes) {
  const TempFolder folder;
  for (const char* line :
       {"train --nonsense", "train --config none.json --device gpu",
        "eval --checkpoint none.pth", "probe", "analyze weights",
        "train --ranks 0", "train --rendezvous-timeout 0",
        "sweep none.json --ranks-per-run 0", "predict none.pth a.jpg",
        "bench none.pth --device gpu", "export none.pth o.onnx",
        "export none.pth o.onnx --verify",
        "export none.pth o.onnx --quantize int8", "export none.pth o.pb",
        "init --student vit_tiny", "sweep none.json --dry-run"}) {
    const Outcome one =
        Shell(folder, fmt::format("'{}' {}", WSEL_BINARY, line));
    const Outcome other =
        Shell(folder, fmt::format("'{}' {}", TorchProgram().string(), line));
    EXPECT_NE(one.exit_code, 0) << line;
    EXPECT_EQ(one.exit_code, other.exit_code) << line;
    EXPECT_EQ(one.err, other.err) << line;
  }
}

TEST(TwoPrograms, WithoutTheOtherOneWselSaysSo) {
  const TempFolder folder;
  fs::copy_file(WSEL_BINARY, folder / "wsel");
  EXPECT_EQ(Shell(folder,
                  "./wsel init --student vit_tiny --embed-dim 12 "
                  "--output s.safetensors")
                .exit_code,
            0);
  const Outcome resampled =
      Shell(folder,
            "./wsel init --teacher s.safetensors --student vit_tiny "
            "--embed-dim 6 --patch-size 32 --output p.safetensors");
  EXPECT_EQ(resampled.exit_code, 0) << resampled.err;
  EXPECT_EQ(Shell(folder, "./wsel train --help").exit_code, 0);
  EXPECT_EQ(Shell(folder, "./wsel inspect s.safetensors --stats").exit_code, 0);
  EXPECT_EQ(Shell(folder, "./wsel export s.safetensors s.onnx").exit_code, 0);
  for (const char* line :
       {"eval --checkpoint s.safetensors --dataset cifar10 --data-root .",
        "predict s.safetensors a.jpg", "bench s.safetensors",
        "export s.safetensors v.onnx --verify",
        ("export s.safetensors v.onnx --quantize int8 --dataset folder "
         "--data-root .")}) {
    const Outcome needs = Shell(folder, fmt::format("./wsel {}", line));
    EXPECT_EQ(needs.exit_code, 4) << line;
    EXPECT_THAT(needs.err,
                AllOf(HasSubstr("wsel-torch"), HasSubstr("LibTorch")))
        << line;
    EXPECT_FALSE(fs::exists(folder / "v.onnx")) << line;
  }
}

TEST(TwoPrograms, ExportTheSameFiles) {
  const TempFolder folder;
  ASSERT_EQ(
      Shell(folder, fmt::format("'{}' init --student vit_tiny --embed-dim 12 "
                                "--depth 1 --output s.safetensors",
                                WSEL_BINARY))
          .exit_code,
      0);
  for (const char* options :
       {"", "--preprocess --opset 21", "--dtype float16"}) {
    const auto exported = [&](const std::string& program) {
      const Outcome run = Shell(
          folder,
          fmt::format("'{}' export s.safetensors o.onnx {}", program, options));
      EXPECT_EQ(run.exit_code, 0) << options << run.err;
      return ReadAll(folder / "o.onnx");
    };
    EXPECT_EQ(exported(WSEL_BINARY), exported(TorchProgram().string()))
        << options;
  }
}

TEST(TwoPrograms, WselRepeatsWhyTorchCannotBeUsed) {
  const TempFolder folder;
  const Outcome eval = Shell(
      folder, fmt::format("WSEL_TORCH_FAULT='is not installed' '{}' eval "
                          "--checkpoint s --dataset cifar10 --data-root .",
                          WSEL_BINARY));
  EXPECT_EQ(eval.exit_code, 4);
  EXPECT_THAT(eval.err, HasSubstr("torch: is not installed"));
}

// Mimetic weights are LibTorch's: wsel init continues in wsel-torch. Everything
// else is the same in both.
TEST(TwoPrograms, InitialiseTheSameStudents) {
  const TempFolder folder;
  const std::string teacher = "--student vit_tiny --embed-dim 48 --depth 2 ";
  ASSERT_EQ(Shell(folder, fmt::format("'{}' init {} --seed 7 --output "
                                      "t.safetensors",
                                      WSEL_BINARY, teacher))
                .exit_code,
            0);
  for (const char* options :
       {"--method mimetic", "--method xavier", "--teacher t.safetensors",
        "--teacher t.safetensors --img-size 160",
        "--teacher t.safetensors --patch-size 32",
        "--teacher t.safetensors --patch-size 32 --patch-resize bilinear",
        "--teacher t.safetensors --method magnitude"}) {
    const auto init = [&](const std::string& program) {
      const Outcome run = Shell(
          folder, fmt::format("'{}' init --student vit_tiny --embed-dim 24 "
                              "--depth 1 {} --output s.safetensors",
                              program, options));
      EXPECT_EQ(run.exit_code, 0) << options << run.err;
      return ReadAll(folder / "s.safetensors");
    };
    EXPECT_EQ(init(WSEL_BINARY), init(TorchProgram().string())) << options;
  }
}

}  // namespace
}  // namespace wsel
