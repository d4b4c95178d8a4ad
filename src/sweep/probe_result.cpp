#include "probe_result.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "wsel/core/atomic_file.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::sweep {

void SummariseProbe(const std::filesystem::path& output,
                    const std::filesystem::path& run_folder) {
  const auto tree =
      ParseJson(ReadText(output), output.string(), ErrorKind::kFormat);
  JsonObject result(tree, output.string(), ErrorKind::kFormat);
  WriteTextFile(
      run_folder / "summary.csv",
      fmt::format("epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n"
                  "1,,,{},,\n",
                  result.Get<double>("top1")));
}

}  // namespace wsel::sweep
