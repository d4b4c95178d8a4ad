#include "wsel/session/conversion_run.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "wsel/pretrained/checkpoint_request.h"

namespace wsel::session {

ConvertedFile Convert(const ConversionRequest& request,
                      const std::string& command) {
  const ConversionOptions& options = request.options;
  CheckConversion(request.input, request.output, options);
  const auto checkpoint =
      pretrained::Open(pretrained::CheckpointRequest{request.input,
                                                     request.copy,
                                                     request.num_heads,
                                                     {.model = options.model}});
  const Conversion conversion(checkpoint, options);
  conversion.CheckOutput(request.output);
  LogLoadReport(checkpoint, options.model.has_value());
  conversion.Write(request.output, command);
  const naming::RemappedStateDict& from = checkpoint.remapped;
  return {.output = request.output,
          .size = std::filesystem::file_size(request.output),
          .from = from.source,
          .naming = std::string(naming::Namings().NameOf(options.naming)),
          .num_tensors = conversion.num_tensors(),
          .num_ignored = from.ignored.size(),
          .model = NameOf(conversion.model())};
}

nlohmann::ordered_json ToJson(const ConvertedFile& file) {
  return {{"output", file.output},       {"size", file.size},
          {"from", file.from},           {"naming", file.naming},
          {"tensors", file.num_tensors}, {"ignored", file.num_ignored},
          {"model", file.model}};
}

}  // namespace wsel::session
