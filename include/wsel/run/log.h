// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wsel::run {

// What chooses the best weights: of images with several labels, or with one.
inline const char* ScoreName(bool multi_label) {
  return multi_label ? "mAP" : "top-1";
}

// What a log has for one epoch, a row of summary.csv; values that it lacks are
// empty.
struct Epoch {
  int64_t epoch = 0;           // number of epochs trained: the first is 1
  std::optional<double> top1;  // percent, 0 to 100
  std::optional<double> top5;
  std::optional<double> train_loss;
  std::optional<double> eval_loss;
  std::optional<double> lr;  // not read back
  // Corrupt test images, which are not in top1, top5 and eval_loss.
  std::optional<int64_t> skipped = std::nullopt;
  // Percent, as in train/class_metrics.h.
  std::optional<double> balanced_accuracy = std::nullopt;
  std::optional<double> macro_f1 = std::nullopt;
  // Of multi-label images, in place of top1 and top5: train/evaluate.h.
  std::optional<double> map = std::nullopt;
  std::optional<double> subset_accuracy = std::nullopt;

  // What chooses the best weights: top-1, or mAP.
  std::optional<double> score() const { return map ? map : top1; }
};

// A parsed training log.
struct Log {
  std::vector<Epoch> epochs;       // ascending
  std::vector<std::string> notes;  // anomalies to show in the report
  int64_t parameters = 0;          // of the model; 0: unknown

  int64_t last_epoch() const {
    return epochs.empty() ? 0 : epochs.back().epoch;
  }
};

// All readers: a repeated epoch, as after a resume, replaces that epoch and all
// later ones. A last line without a line end, of a run in progress or a
// truncated file, is left out, with a note, unless what is read of it is whole.
// Losses may be NaN or infinite; an accuracy that is counts as missing, with a
// note. Errors: kIo; kFormat at "file:line".

// summary.csv of this program or of timm: columns in any order, identified by
// name (epoch, eval_top1 and its synonyms, ...); others are ignored. timm
// counts epochs from 0, and they are renumbered from 1. The first epoch, the
// files beside it and the epochs between evaluations show which of the two it
// is; if they leave it open, a note states what is assumed.
Log ReadSummaryCsv(const std::filesystem::path& path);

// log.txt of the ConvNeXt repository and of the paper's code: one JSON object
// per line with epoch (from 0, renumbered from 1), test_acc1, test_acc5,
// train_loss, test_loss, n_parameters; NaN and Infinity as Python writes them.
Log ReadOfficialLog(const std::filesystem::path& path);

// Whether the first character is a brace: a log of JSON objects. False if the
// file cannot be read, so that reading it reports the error.
bool StartsWithBrace(const std::filesystem::path& path);

// Either of the two, recognised by the first character.
Log ReadLog(const std::filesystem::path& path);

}  // namespace wsel::run
