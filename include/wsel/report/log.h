// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wsel::report {

// What a log says of one epoch; absent is what it does not say.
struct Epoch {
  int64_t epoch = 0;           // trained when it ended: the first is 1
  std::optional<double> top1;  // percent, 0 to 100
  std::optional<double> top5;
  std::optional<double> train_loss;
  std::optional<double> eval_loss;
};

struct Log {
  std::vector<Epoch> epochs;       // ascending
  std::vector<std::string> notes;  // what a reader should know of it
  int64_t parameters = 0;          // of the model; 0: not said
};

// All of these: an epoch that comes again, as after a resume, replaces what
// stood from it on. A last line without its end is of a run that goes on (or
// was cut off): it is left out, with a note. A log that counts epochs from 0 is
// counted from 1. Errors: kIo; kFormat at "file:line".

// summary.csv of this program or of timm: columns in any order, known by their
// names (epoch, eval_top1 and its synonyms, ...), others are ignored.
Log ReadSummaryCsv(const std::filesystem::path& path);

// log.txt of the ConvNeXt repository and of the paper's code: a JSON object a
// line with epoch, test_acc1, test_acc5, train_loss, test_loss, n_parameters.
Log ReadOfficialLog(const std::filesystem::path& path);

// Whichever of the two its first character shows it to be.
Log ReadLog(const std::filesystem::path& path);

}  // namespace wsel::report
