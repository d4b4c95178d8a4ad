// Libraries name fields, and only src/cli knows the options that set them:
// their texts must not contain options. In a message, `img_size` becomes
// --img-size where the command has it (src/cli/options.h).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// Files outside src/cli and src/help whose subject is options, and whose.
const std::map<std::string, std::string>& AboutOptions() {
  static const std::map<std::string, std::string> files = {
      {"src/plot/gnuplot.cpp", "gnuplot's"},
      {"src/recipe/fields.h", "of wsel train, as the table that cli reads"},
      {"src/recipe/option_advice.h", "other programs', and what to use"},
      {"src/recipe/option_sets.cpp",
       "unknown ones, and the key to use instead"},
      {"src/recipe/timm_options.h", "timm's, beside the recipe's keys"},
      {"src/sweep/argv.cpp", "the command lines of a sweep's runs"},
      {"src/sweep/dry_run_sweep.cpp", "of wsel sweep, which its time is for"},
      {"src/sweep/launch.cpp", "those of a sweep's runs"},
      {"src/sweep/slurm.cpp", "sbatch's"},
      {"src/sweep/srun.cpp", "those of srun, salloc and scancel"}};
  return files;
}

// The options in the quoted texts of `code`. Whole commands to run instead
// ("wsel init --family FILE") are not counted.
std::vector<std::string> OptionsIn(const std::string& code) {
  static const std::regex kQuoted(R"re("((?:[^"\\]|\\.)*)")re");
  static const std::regex kCommand(R"(wsel( [a-z]+)?( --[a-z-]+( [A-Z]+)?)+)");
  static const std::regex kOption(R"((^|[^A-Za-z0-9-])(--[a-z][a-z-]*))");
  std::vector<std::string> found;
  std::istringstream lines(code);
  for (std::string line; std::getline(lines, line);) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos && line.substr(begin, 2) == "//") continue;
    // A comment after code: quotes in it are not texts.
    if (const size_t comment = line.find("  // "); comment != line.npos) {
      line.resize(comment);
    }
    for (std::sregex_iterator quoted(line.begin(), line.end(), kQuoted), end;
         quoted != end; ++quoted) {
      const std::string text = std::regex_replace(quoted->str(1), kCommand, "");
      for (std::sregex_iterator option(text.begin(), text.end(), kOption);
           option != end; ++option) {
        found.push_back(option->str(2));
      }
    }
  }
  return found;
}

TEST(OptionNames, AreKnownOnlyToCli) {
  const fs::path root = WSEL_SOURCE_DIR;
  std::vector<std::string> found;
  size_t files = 0;
  for (const char* folder : {"include", "src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      const auto name = fs::relative(entry.path(), root).generic_string();
      if (name.starts_with("src/cli/") || name.starts_with("src/help/") ||
          AboutOptions().contains(name)) {
        continue;
      }
      ++files;
      for (const std::string& option : OptionsIn(ReadText(entry.path()))) {
        found.push_back(name + ": " + option);
      }
    }
  }
  EXPECT_GT(files, 300U);
  EXPECT_THAT(found, IsEmpty());
}

TEST(OptionNames, ExceptionsAreStillNeeded) {
  for (const auto& [name, whose] : AboutOptions()) {
    EXPECT_THAT(OptionsIn(ReadText(fs::path(WSEL_SOURCE_DIR) / name)),
                Not(IsEmpty()))
        << name;
  }
}

TEST(OptionsIn, FindsThoseInTexts) {
  EXPECT_THAT(OptionsIn("Fail(\"add --no-ema, or (--seed 3)\");"),
              ElementsAre("--no-ema", "--seed"));
  EXPECT_THAT(OptionsIn("f({\"--output\", a});  // \"--seed\""),
              ElementsAre("--output"));
  EXPECT_THAT(OptionsIn("  // \"--seed\"\n--count;"), IsEmpty());
  EXPECT_THAT(OptionsIn("f(\"see wsel init --family FILE, models--timm--a\");"),
              IsEmpty());
}

}  // namespace
}  // namespace wsel
