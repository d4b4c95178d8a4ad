// WSEL_GEMM, WSEL_ISA and WSEL_BF16, what a run records of them, and resuming.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "cli/run_wsel.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/atomic_file.h"
#include "wsel/kernels/bf16.h"
#include "wsel/kernels/instruction_set.h"
#include "wsel/kernels/kernel_record.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::string kKernelsData =
    (fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders").string();

// A variable of the environment that RunWsel passes on.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

class KernelsOfARun : public testing::Test {
 protected:
  void SetUp() override {
    WriteTextFile(folder_ / "r.json", R"({
      "model": {"name": "vit_tiny", "img_size": 32, "patch_size": 16,
                "embed_dim": 48, "depth": 1, "num_heads": 2},
      "data": {"name": "folder"},
      "augment": {"crop": "random-resized"},
      "train": {"epochs": 2, "warmup_epochs": 1, "batch_size": 4,
                "mixup_batch": 2, "precision": "fp32"}})");
  }

  Outcome Train(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {
        "train",    "--config", "r.json",   "--data-root", kKernelsData,
        "--output", "run",      "--device", "cpu",         "--resume"};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder_, args);
  }

  kernels::KernelRecord RecordOf(const std::string& file) const {
    return kernels::RecordIn(
        checkpoint::Open(folder_ / ("run/" + file))->metadata());
  }

  TempFolder folder_;
};

TEST_F(KernelsOfARun, AreRecordedAndComparedOnResume) {
  const kernels::KernelRecord torch = {{"wsel.gemm", "torch"},
                                       {"wsel.isa", "baseline"}};
  {
    const Variable gemm("WSEL_GEMM", "torch");
    const Variable isa("WSEL_ISA", "baseline");
    const Outcome run = Train();
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.err,
                HasSubstr("GEMM backend torch, instruction set baseline"));
    EXPECT_EQ(RecordOf("state.safetensors"), torch);
    EXPECT_EQ(RecordOf("last.safetensors"), torch);
    EXPECT_EQ(Train().exit_code, 0);
  }
  const auto now = kernels::CurrentKernels();
  if (now == torch) GTEST_SKIP() << "this machine has no other kernels";
  const Outcome other = Train();
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_THAT(other.err,
              HasSubstr("the run began with " + kernels::Describe(torch)));
  EXPECT_THAT(other.err,
              HasSubstr("this process has " + kernels::Describe(now)));
  EXPECT_THAT(other.err, HasSubstr(kernels::HowToRestore(torch, now)));
  const Outcome allowed = Train({"--allow-other-kernels"});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.err;
  EXPECT_THAT(allowed.err, HasSubstr("will differ"));
}

TEST_F(KernelsOfARun, InBf16IncludeTheirProducts) {
  const std::vector<std::string> in_bf16 = {"--precision", "bf16"};
  {
    const Variable bf16("WSEL_BF16", "widened");
    const Outcome run = Train(in_bf16);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.err, HasSubstr("bf16 products widened"));
    EXPECT_EQ(RecordOf("state.safetensors").at("wsel.bf16"), "widened");
    EXPECT_EQ(Train(in_bf16).exit_code, 0);
  }
  const Variable bf16("WSEL_BF16", "off");
  const Outcome other = Train(in_bf16);
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_THAT(other.err, HasSubstr("set WSEL_BF16=widened"));
}

TEST_F(KernelsOfARun, MayBeUnrecordedAsInVersion01) {
  fs::copy(fs::path(WSEL_SOURCE_DIR) / "tests/golden/version_0_1",
           folder_.path(), fs::copy_options::recursive);
  const Outcome run =
      RunWsel(folder_, {"train", "--config", "recipe.json", "--data-root",
                        kKernelsData, "--output", "run", "--device", "cpu",
                        "--threads", "1", "--workers", "1", "--resume"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("does not record which kernels"));
  EXPECT_EQ(RecordOf("last.safetensors"), kernels::CurrentKernels());
}

TEST_F(KernelsOfARun, MustBeKnownAndSupported) {
  {
    const Variable gemm("WSEL_GEMM", "onednm");
    const Outcome run = Train();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, HasSubstr("WSEL_GEMM: unknown GEMM backend 'onednm': "
                                   "did you mean 'onednn'?"));
  }
  {
    const Variable isa("WSEL_ISA", "avx3");
    const Outcome run = Train();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, HasSubstr("WSEL_ISA: unknown instruction set 'avx3'"));
  }
  {
    const Variable bf16("WSEL_BF16", "widend");
    const Outcome run = Train();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, HasSubstr("WSEL_BF16: unknown bf16 products 'widend': "
                                   "did you mean 'widened'?"));
  }
  if (!kernels::HasNativeBf16()) {
    const Variable bf16("WSEL_BF16", "native");
    const Outcome run = Train();
    EXPECT_EQ(run.exit_code, 3);
    EXPECT_THAT(run.err, HasSubstr("neither AMX nor AVX-512 BF16"));
  }
  if (kernels::SupportedInstructionSets().back() ==
      kernels::InstructionSet::kAvx512) {
    return;
  }
  const Variable isa("WSEL_ISA", "avx512");
  const Outcome run = Train();
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err,
              HasSubstr("WSEL_ISA: this processor does not support avx512"));
}

}  // namespace
}  // namespace wsel
