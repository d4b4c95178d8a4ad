// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/select/svd_parts.h"
#include "wsel/session/calibrated_student.h"
#include "wsel/session/init_student.h"
#include "wsel/session/onnx_calibration.h"
#include "wsel/session/onnx_export.h"
#include "wsel/session/onnx_verify.h"
#include "wsel/sweep/run_sweep.h"

namespace wsel::cli {

struct Invocation;
struct TrainArgs;
struct EvalArgs;
struct PredictArgs;
struct BenchArgs;
struct ProbeArgs;
struct WeightsArgs;
struct AttentionArgs;
struct FeaturesArgs;

// What only the program with LibTorch can do: what commands run; both
// programs have their options. Each is in run_COMMAND.cpp. Those that run on
// several ranks take the command line, with which they start them.
struct TorchCommands {
  // As session::PrepareStudent of an InitRequest.
  session::PreparedStudent (*prepare_student)(
      const session::InitRequest& request,
      const session::StudentRequest& student,
      const pretrained::PretrainedCheckpoint* teacher);
  void (*train)(const TrainArgs& args, const Invocation& invocation);
  void (*eval)(const EvalArgs& args, const Invocation& invocation);
  void (*predict)(const PredictArgs& args);
  void (*bench)(const BenchArgs& args);
  void (*probe)(const ProbeArgs& args);
  void (*analyze_attention)(const AttentionArgs& args);
  void (*analyze_features)(const FeaturesArgs& args);
  void (*analyze_weights)(const WeightsArgs& args);
  // As sweep::DryRunSweep.
  void (*sweep_dry_run)(const sweep::SweepRequest& request,
                        const sweep::SweepFile& file,
                        const std::vector<sweep::PlannedRun>& runs,
                        const session::Print& print);
  // As session::Calibrate and session::Verify, of an export.
  session::Calibration (*calibrate)(session::OnnxExport& exported,
                                    const OnProgress& progress);
  session::Verification (*verify)(const session::OnnxExport& exported,
                                  const std::filesystem::path& written,
                                  const std::filesystem::path& output,
                                  const session::VerifyOptions& options,
                                  const OnProgress& progress);
  // As train::DevicesOf.
  std::vector<std::string> (*devices_of)(const std::string& device);
  // For tensors that are processed in parallel: each on one thread.
  const select::SvdParts& (*svd)();
};

// All of them.
const TorchCommands& LibTorchCommands();

void RunTrain(const TrainArgs& args, const Invocation& invocation);
void RunEval(const EvalArgs& args, const Invocation& invocation);
void RunPredict(const PredictArgs& args);
void RunBench(const BenchArgs& args);
void RunProbe(const ProbeArgs& args);
void RunAnalyzeAttention(const AttentionArgs& args);
void RunAnalyzeFeatures(const FeaturesArgs& args);
void RunAnalyzeWeights(const WeightsArgs& args);

}  // namespace wsel::cli
