#include "probe_result.h"

#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/run/file_names.h"
#include "wsel/run/summary_csv.h"

namespace wsel::sweep {

void SummariseProbe(const std::filesystem::path& output,
                    const std::filesystem::path& run_folder) {
  const auto tree =
      ParseJson(ReadText(output), output.string(), ErrorKind::kFormat);
  JsonObject result(tree, output.string(), ErrorKind::kFormat);
  run::Epoch row;
  row.epoch = 1;
  row.top1 = result.Get<double>("top1");
  run::SummaryCsv(run_folder / run::kSummaryFile, std::nullopt).Write(row);
}

}  // namespace wsel::sweep
