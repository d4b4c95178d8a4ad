// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace wsel::sweep {

// An assignment in a sweep: to a key of the configuration ("optimizer.lr") or,
// without a dot, to a template variable ("teacher"); and the value as JSON.
struct Setting {
  std::string path;
  std::string json;
};

// One value of an axis: its label in tables and what it sets.
struct AxisValue {
  std::string label;
  std::vector<Setting> settings;
};

// What a sweep varies: a key of the configuration with its values, or a free
// name with values that set anything.
struct Axis {
  std::string name;
  std::vector<AxisValue> values;
};

// Selects combinations: per axis listed, those with any of its labels.
using Selector = std::vector<std::pair<std::string, std::vector<std::string>>>;

// Settings of some combinations only.
struct Override {
  Selector when;
  std::string recipe;  // replaces the sweep's recipe; "": does not
  std::vector<Setting> settings;
};

// Linear probes of the initial weights instead of training (paper, Table 9):
// options of `wsel probe` by name, with values as on the command line.
using ProbeOptions = std::vector<std::pair<std::string, std::string>>;

// A parsed sweep file; docs/sweeps.md documents the format.
struct SweepFile {
  std::filesystem::path path;
  std::string name;  // default: the file's name without ".json"
  std::string about;
  // Path of a recipe relative to this file; "": inline_recipe is used. May be a
  // template over axes: "../{data}/{model}.json".
  std::string recipe;
  std::string inline_recipe = "{}";
  std::vector<Setting> settings;  // of all runs
  std::vector<Axis> axes;
  std::vector<std::vector<std::string>> zipped;  // axes that vary in step
  std::vector<Selector> excluded;
  std::vector<Selector> included;  // combinations beyond the product
  std::vector<Override> overrides;
  bool probes = false;
  ProbeOptions probe;
  std::string json;  // the whole file, with its name
};

// Errors: kIo; kConfig with the JSON path of what is unknown (and the nearest
// known name), of the wrong type, empty or duplicate: an axis without values, a
// selector with an unknown axis or label, zipped axes of different lengths.
SweepFile ReadSweepFile(const std::filesystem::path& path);

// The same from the contents of `path`.
SweepFile SweepFromJson(const std::string& text,
                        const std::filesystem::path& path);

}  // namespace wsel::sweep
