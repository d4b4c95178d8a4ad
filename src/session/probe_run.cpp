#include "wsel/session/probe_run.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <optional>

#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/session/dry_run.h"
#include "wsel/session/log.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

// The request with its solver, and checked as far as possible without files;
// sets the number of threads.
ProbeRequest Prepared(ProbeRequest request) {
  request.options.recipe.solver =
      probe::ProbeSolvers().Find(request.solver, "solver");
  request.options.workers = static_cast<int>(request.data.workers);
  request.options.skip_corrupt = request.data.skip_corrupt;
  // Images are read once.
  if (!request.options.augment) request.data.cache_gib = 0;
  if (request.threads > 0) at::set_num_threads(request.threads);
  if (request.pixels != request.backbone.file.empty()) {
    throw Error(ErrorKind::kUsage, "wsel probe",
                "needs either `checkpoint` FILE or `pixels`");
  }
  probe::Validate(request.options);
  if (request.data.multi_label != data::MultiLabel::kOff) {
    throw Error(ErrorKind::kUsage, "multi_label",
                "a probe classifies images with one label; wsel train --freeze "
                "backbone trains a linear classifier for several");
  }
  return request;
}

probe::FeatureExtractor PixelsOf(const ProbeRequest& request,
                                 const data::Dataset& train,
                                 const c10::Device& device) {
  const auto order =
      request.backbone.given.pass_order.value_or(image::PassOrder::kPillow13);
  return probe::PixelFeatures(train, device, request.data.skip_corrupt, order);
}

}  // namespace

ProbeRun RunProbe(const ProbeRequest& given) {
  ProbeRequest request = Prepared(given);
  const c10::Device device = train::FindDevice(request.device);
  // Before the images, which are read with its channels.
  std::optional<probe::FeatureExtractor> backbone;
  if (!request.pixels) {
    backbone = probe::CheckpointFeatures(request.backbone, device);
    request.data.in_chans = backbone->transform.in_chans;
  }
  const auto splits = OpenSplits(request.data);
  probe::CheckSplit(request.data.name,
                    static_cast<int64_t>(splits.train.classes.size()),
                    splits.train.size());
  const auto features =
      backbone ? *backbone : PixelsOf(request, splits.train, device);
  ProgressMeter meter(ProgressOnStderr(30));
  ProbeRun run{.result = probe::FitProbe(splits.train, splits.test, features,
                                         request.options, ShowOn(meter)),
               .train_images = splits.train.size(),
               .test_images = splits.test.size(),
               .standardised =
                   request.options.recipe.solver == probe::ProbeSolver::kLbfgs,
               .facts = features.facts};
  meter.Clear();
  return run;
}

void DryRunProbe(const ProbeRequest& given, const Print& print) {
  const ProbeRequest request = Prepared(given);
  train::FindDevice(request.device);  // its errors
  const auto sizes = DryRunSizes(request.data, Splits::kBoth, print);
  probe::CheckSplit(request.data.name, sizes.classes, sizes.train);
  const auto config =
      request.pixels ? std::nullopt : DryRunModel(request.backbone, print);
  if (config) {
    print(fmt::format("features    {}, {} channels\n", NameOf(*config),
                      NumFeatures(*config)));
  }
  print(fmt::format("train       {}\ntest        {}\n", CountText(sizes.train),
                    CountText(sizes.test)));
}

}  // namespace wsel::session
