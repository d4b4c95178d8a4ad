#pragma once

#include <cstdint>
#include <optional>

#include "wsel/pretrained/facts.h"
#include "wsel/probe/probe.h"
#include "wsel/session/print.h"
#include "wsel/session/probe_request.h"

namespace wsel::session {

// A fitted probe, and of how many images.
struct ProbeRun {
  probe::ProbeResult result;
  int64_t train_images = 0;
  int64_t test_images = 0;
  bool standardised = false;               // the features; else batch norm
  std::optional<pretrained::Facts> facts;  // of the backbone; pixels: none
};

// Fits a probe; shows progress on stderr. Errors: kUsage for options that
// contradict each other or images with several labels; as probe::Validate,
// probe::CheckSplit, OpenSplits and probe::FitProbe.
ProbeRun RunProbe(const ProbeRequest& request);

// Prints missing files, the features and the number of images, and checks
// everything else as RunProbe does.
void DryRunProbe(const ProbeRequest& request, const Print& print);

}  // namespace wsel::session
