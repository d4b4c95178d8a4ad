#include "wsel/cli/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace wsel::cli {

void SetUpLog(int verbosity) {
  const char* no_color = std::getenv("NO_COLOR");
  const auto mode = no_color != nullptr && *no_color != '\0'
                        ? spdlog::color_mode::never
                        : spdlog::color_mode::automatic;
  auto logger = std::make_shared<spdlog::logger>(
      "wsel", std::make_shared<spdlog::sinks::stderr_color_sink_st>(mode));
  logger->set_pattern("%^%l%$: %v");
  logger->set_level(verbosity < 0   ? spdlog::level::warn
                    : verbosity > 0 ? spdlog::level::debug
                                    : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace wsel::cli
