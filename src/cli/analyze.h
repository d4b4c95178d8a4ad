// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "commands.h"
#include "wsel/session/analysis_request.h"

namespace wsel::cli {

// Each adds one subcommand of `wsel analyze`, with its options.
void AddAnalyzeAttention(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeFeatures(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeWeights(CLI::App& analyze, const Invocation& invocation);

// An analysis with what is done with it.
template <typename Request>
struct AnalyzeArgs {
  Request request;
  bool dry_run = false;
  bool json = false;
};

// Of the three subcommands.
struct AttentionArgs : AnalyzeArgs<session::AttentionRequest> {};
struct FeaturesArgs : AnalyzeArgs<session::FeaturesRequest> {};
struct WeightsArgs : AnalyzeArgs<session::WeightsRequest> {};

// Adds the options of `models` and `dry_run`, and those of the output; all must
// outlive the app.
void AddAnalyzedModels(CLI::App& command, session::AnalysisRequest& models,
                       bool& dry_run);
void AddAnalyzeOutput(CLI::App& command, std::string& output, bool& json,
                      const std::string& help);

}  // namespace wsel::cli
