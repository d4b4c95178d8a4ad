#include "wsel/session/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

#include "wsel/core/error.h"

namespace wsel::session {

void SetUpLog(int verbosity) {
  const char* no_color = std::getenv("NO_COLOR");
  const auto mode = no_color != nullptr && *no_color != '\0'
                        ? spdlog::color_mode::never
                        : spdlog::color_mode::automatic;
  // Loaders warn from their threads.
  auto logger = std::make_shared<spdlog::logger>(
      "wsel", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(mode));
  logger->set_pattern("%^%l%$: %v");
  logger->set_level(verbosity < 0   ? spdlog::level::warn
                    : verbosity > 0 ? spdlog::level::debug
                                    : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void LogOnlyErrors() { spdlog::set_level(spdlog::level::err); }

void AddLogFile(const std::filesystem::path& path, bool append) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(
        path.string(), /*truncate=*/!append);
    sink->set_pattern("%Y-%m-%d %H:%M:%S %l: %v");
    spdlog::default_logger()->sinks().push_back(std::move(sink));
    spdlog::default_logger()->flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& e) {
    throw Error(ErrorKind::kIo, path.string(), e.what());
  }
}

OnProgress ShowOn(ProgressMeter& meter) {
  return [&meter](const ProgressPoint& point) {
    if (spdlog::should_log(spdlog::level::info)) meter.Update(point);
  };
}

void WarnOfFileLock(std::string_view folder, std::string_view lock) {
  spdlog::warn(
      "{}: this file system has no locks; the file {}.owner keeps other "
      "processes out instead",
      folder, lock);
}

}  // namespace wsel::session
