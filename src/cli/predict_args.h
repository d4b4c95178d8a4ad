// Torch-free.
#pragma once

#include <string>

#include "wsel/session/predict_request.h"

namespace wsel::cli {

// Options of `wsel predict`.
struct PredictArgs {
  session::PredictRequest request;
  std::string device = "auto";
  bool json = false;
};

}  // namespace wsel::cli
