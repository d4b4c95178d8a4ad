#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "block_inputs.h"
#include "layer_chain.h"
#include "score_table.h"
#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/calibrate/size_errors.h"
#include "wsel/calibrate/solve.h"
#include "wsel/calibrate/weights.h"
#include "wsel/model/config.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// The maps of a student's streams that regression has fitted, as
// SolvedStudent::encode, and a warning; "": none.
struct Regression {
  std::vector<at::Tensor> encode;
  std::string warning;
};

// A block of a model, counted within its stage.
struct BlockPlace {
  std::string name;  // "stages.0.blocks.1"
  int64_t width = 0;
  int64_t block = 0;
};

// All that this room computes of an architecture: one row and one file,
// *_architecture.cpp, each. Configs are of that architecture or its kin. What
// plans need to know of it, without LibTorch, is in solved_layers.h.
struct Architecture {
  LayerChain (*chain)(const model::Config& config, const Weights& weights);
  // As calibrate::ActivationScores.
  ScoreTable (*activation_scores)(const Reference& teacher,
                                  const Images& images);
  // As SolveRegression: changes `student`; its tensors are those that were
  // taken.
  Regression (*regress)(const select::Plan& plan, const Reference& teacher,
                        const Images& images, Weights& student);
  // As SolveProjection; null: its stream cannot be rotated.
  SolvedStudent (*project)(const select::Plan& plan, const Reference& teacher,
                           const Images& images) = nullptr;

  // Gives a teacher's config the tokens and pooling of a student; returns
  // whether it still has the teacher's classifiers. Errors: kMismatch if their
  // streams cannot be compared.
  bool (*take_tokens)(model::Config& teacher, const model::Config& student);
  // Of its blocks: a LayerNorm does not see the mean over the channels.
  model::Norm (*norm)(const model::Config& config);
  // Changes the parameters of a block that was number `from` and is now `to`,
  // so that it computes what it did; null: nothing depends on the number.
  void (*renumber_block)(const model::Config& config, int64_t from, int64_t to,
                         Weights& weights) = nullptr;

  BlockInputs (*block_inputs)(const model::Config& config,
                              const BlockPlace& place);
  // Hidden channels of the MLPs of a stage of this width.
  int64_t (*hidden_channels)(const model::Config& config, int64_t width);
  // What each number of directions of the rotated stream keeps; null as
  // `project`.
  KeptShares (*spectrum)(const Reference& teacher,
                         const Images& images) = nullptr;
};

extern const Architecture kVitArchitecture;
extern const Architecture kConvNextArchitecture;  // of both versions

const Architecture& ArchitectureOf(const model::Config& config);

}  // namespace wsel::calibrate
