// Torch-free.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace wsel::sweep {

// A value that a sweep sets: a path of the configuration ("optimizer.lr") or,
// without a dot, a name for templates ("teacher"), and the value as JSON.
struct Setting {
  std::string path;
  std::string json;
};

// One value of an axis: what tables call it and what it sets.
struct Point {
  std::string label;
  std::vector<Setting> settings;
};

// What is varied: a path of the configuration with its values, or a name with
// points that set anything.
struct Axis {
  std::string name;
  std::vector<Point> points;
};

// Which combinations: any of the labels listed, of each axis named.
using Selector = std::vector<std::pair<std::string, std::vector<std::string>>>;

// What holds for some combinations alone.
struct Override {
  Selector when;
  std::string recipe;  // another recipe; "": the sweep's
  std::vector<Setting> settings;
};

// A linear probe of each start, instead of a training (paper, Table 9): options
// of `wsel probe` by their names, values as on the command line.
using ProbeOptions = std::vector<std::pair<std::string, std::string>>;

// A sweep as its file says it. docs/sweeps.md is the format's page.
struct SweepFile {
  std::filesystem::path path;
  std::string name;  // of its results; the file's without ".json"
  std::string about;
  // A recipe's file beside this one, or, without a name, the recipe itself.
  // Names in braces stand for labels: "../{data}/{model}.json".
  std::string recipe;
  std::string inline_recipe = "{}";
  std::vector<Setting> settings;  // of all runs
  std::vector<Axis> axes;
  std::vector<std::vector<std::string>> zipped;  // axes that go in step
  std::vector<Selector> excluded;
  std::vector<Selector> included;  // combinations besides the product
  std::vector<Override> overrides;
  bool probes = false;
  ProbeOptions probe;
  std::string json;  // all of it, with its name
};

// Errors: kIo; kConfig with the path of what is unknown (and the nearest
// known), of another type, empty, or named twice: an axis without points, a
// selector of an axis or label that is none, zipped axes of other lengths.
SweepFile ReadSweepFile(const std::filesystem::path& path);

// The same from text that `path` holds.
SweepFile SweepFromJson(const std::string& text,
                        const std::filesystem::path& path);

}  // namespace wsel::sweep
