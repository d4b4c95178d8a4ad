#include "torch_commands.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <stdexcept>

#include "wsel/cli/app.h"
#include "wsel/cli/torch_app.h"
#include "wsel/core/out_of_memory.h"
#include "wsel/select/libtorch_svd.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

// The last bits of singular values depend on the number of threads.
const select::SvdParts& SvdOnOneThread() {
  at::set_num_threads(1);
  return select::LibTorchSvd();
}

}  // namespace

const TorchCommands& LibTorchCommands() {
  static constexpr TorchCommands kCommands = {
      .prepare_student = session::PrepareStudent,
      .train = RunTrain,
      .eval = RunEval,
      .predict = RunPredict,
      .bench = RunBench,
      .probe = RunProbe,
      .analyze_attention = RunAnalyzeAttention,
      .analyze_features = RunAnalyzeFeatures,
      .analyze_weights = RunAnalyzeWeights,
      .sweep_dry_run = sweep::DryRunSweep,
      .calibrate = session::Calibrate,
      .verify = session::Verify,
      .devices_of = train::DevicesOf,
      .svd = SvdOnOneThread};
  return kCommands;
}

void RunWithLibTorch(int argc, const char* const* argv) {
  try {
    Run(argc, argv, &LibTorchCommands());
  } catch (const c10::OutOfMemoryError& e) {
    throw OutOfMemory(e.what_without_backtrace());
  } catch (const c10::Error& e) {
    // LibTorch's what() includes a long stack trace.
    throw std::runtime_error(e.what_without_backtrace());
  }
}

}  // namespace wsel::cli
