// Keeps the words that docs/glossary.md replaces out of what people read:
// README and docs, texts in the code (help, messages), comments, scripts and
// the descriptions of configurations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Dropped {
  const char* pattern;
  const char* instead;
};

constexpr std::array kDropped = {
    Dropped{R"(\bpictures?\b)", "image; for what is drawn, plot"},
    Dropped{R"(\blessons?\b|\btaught\b)", "teacher outputs, kd_loss"},
    Dropped{R"(\banew\b|\bafresh\b)", "re-initialised, recomputed"},
    Dropped{R"(\bof other classes\b)", "with another number of classes"},
    Dropped{R"(\bgoes on\b)", "resumes, continues"},
    Dropped{R"(\bunder way\b)", "running"},
    Dropped{R"(\bbroken\b)", "corrupt"},
    Dropped{R"(\blikeness\b)", "similarity"},
    Dropped{R"(\brefus(e|es|ed|al|als)\b)", "reject, is an error"},
    Dropped{R"(\ballowance\b)", "allocation limit"},
    Dropped{R"(\bdoubts?\b)", "warnings"},
    Dropped{R"(\btold\b|\btells\b)", "reported, determines"},
    Dropped{R"(\babsent\b)", "missing"},
    Dropped{R"(\bas it stands\b)", "unchanged"},
    Dropped{R"(\bnobody (knows|says)\b)", "unknown, unspecified"},
    Dropped{R"((it|file|that|which|value|name|key|string|eps) is no [a-z])",
            "is not a"},
    Dropped{R"(\balone\b)", "only"},
    Dropped{R"(\bwhose\b)", "with, of which; or two sentences"},
    Dropped{R"(\bwhat [a-z ]{1,30} says?\b)", "given by"},
    Dropped{R"(\bwish(es)?\b)", "option"},
    Dropped{R"(\banswers? (of|to) )", "output"},
    Dropped{R"(standard\s+deviation|(\bdeviations?\b))", "standard deviation"},
};

// "line: word (instead)" for each dropped word in `text`. Of a pattern with a
// group only what the group matches counts.
std::vector<std::string> DroppedWords(const std::string& text) {
  static const auto regexes = [] {
    std::vector<std::regex> compiled;
    for (const Dropped& word : kDropped) {
      compiled.emplace_back(word.pattern, std::regex::icase);
    }
    return compiled;
  }();
  std::vector<std::string> found;
  for (size_t i = 0; i < kDropped.size(); ++i) {
    const bool by_group =
        std::string_view(kDropped[i].pattern).starts_with("standard");
    for (std::sregex_iterator match(text.begin(), text.end(), regexes[i]), end;
         match != end; ++match) {
      if (by_group && !(*match)[1].matched) continue;
      found.push_back(match->str() + " (" + kDropped[i].instead + ")");
    }
  }
  return found;
}

std::string Place(const fs::path& file) {
  return fs::relative(file, WSEL_SOURCE_DIR).string() + ": ";
}

void CheckLines(const fs::path& file, const std::string& text,
                std::vector<std::string>& found) {
  for (const std::string& word : DroppedWords(text)) {
    found.push_back(Place(file) + word);
  }
}

// Texts in quotes that hold a space: what is printed, not names of keys, which
// files of older versions may have.
std::string QuotedTexts(const std::string& code) {
  static const std::regex kQuoted(R"re("((?:[^"\\\n]|\\.)*)")re");
  static const std::regex kJoint(R"("\s*\n\s*")");
  std::ostringstream texts;
  // Adjacent literals are one text: a word pair may cross lines.
  std::istringstream lines(std::regex_replace(code, kJoint, ""));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("#include") != std::string::npos) continue;
    for (std::sregex_iterator match(line.begin(), line.end(), kQuoted), end;
         match != end; ++match) {
      const std::string text = match->str(1);
      if (text.find(' ') != std::string::npos) texts << text << '\n';
    }
  }
  return texts.str();
}

// A page without `names` of keys and files, which older versions may have
// written.
std::string WithoutNames(const std::string& page) {
  static const std::regex kName("`[^` \n]*`");
  return std::regex_replace(page, kName, "");
}

std::string Comments(const std::string& code) {
  static const std::regex kComment(R"(//(.*))");
  std::string comments;
  for (std::sregex_iterator match(code.begin(), code.end(), kComment), end;
       match != end; ++match) {
    comments += match->str(1);  // one text: sentences cross lines
  }
  return comments;
}

// Comments of a script, and in Python its docstrings.
std::string ScriptProse(const std::string& script) {
  std::string prose;
  std::istringstream lines(script);
  for (std::string line; std::getline(lines, line);) {
    const size_t comment = line.find("# ");
    if (comment != std::string::npos) prose += line.substr(comment + 1) + '\n';
  }
  static const std::string kQuotes(3, '"');
  size_t open = script.find(kQuotes);
  while (open != std::string::npos) {
    const size_t close = script.find(kQuotes, open + 3);
    if (close == std::string::npos) break;
    prose += script.substr(open + 3, close - open - 3) + '\n';
    open = script.find(kQuotes, close + 3);
  }
  return prose;
}

TEST(Words, DocsUseTheGlossary) {
  std::vector<std::string> found;
  std::vector<fs::path> pages;
  for (const char* page : {"README.md", "CONTRIBUTING.md", "BENCHMARKS.md"}) {
    pages.push_back(fs::path(WSEL_SOURCE_DIR) / page);
  }
  for (const auto& page :
       fs::directory_iterator(fs::path(WSEL_SOURCE_DIR) / "docs")) {
    // The glossary lists the dropped words itself.
    if (page.path().filename() == "glossary.md") continue;
    if (page.path().extension() == ".md") pages.push_back(page.path());
  }
  ASSERT_GT(pages.size(), 10U);
  for (const fs::path& page : pages) {
    CheckLines(page, WithoutNames(ReadText(page)), found);
  }
  EXPECT_THAT(found, IsEmpty());
}

TEST(Words, CodeUsesTheGlossary) {
  std::vector<std::string> found;
  for (const char* folder : {"include", "src"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(WSEL_SOURCE_DIR) / folder)) {
      if (!entry.is_regular_file()) continue;
      // The names of ImageNet-1k's classes are not the project's words.
      if (entry.path().filename() == "imagenet_classes.inc") continue;
      const std::string code = ReadText(entry.path());
      CheckLines(entry.path(), QuotedTexts(code), found);
      CheckLines(entry.path(), Comments(code), found);
    }
  }
  EXPECT_THAT(found, IsEmpty());
}

TEST(Words, ScriptsUseTheGlossary) {
  std::vector<std::string> found;
  size_t scripts = 0;
  for (const auto& entry : fs::recursive_directory_iterator(
           fs::path(WSEL_SOURCE_DIR) / "scripts")) {
    const std::string extension = entry.path().extension().string();
    if (!entry.is_regular_file() || extension == ".pyc") continue;
    const std::string script = ReadText(entry.path());
    const bool is_code = extension == ".cpp" || extension == ".h";
    const std::string prose =
        is_code ? QuotedTexts(script) + Comments(script) : ScriptProse(script);
    CheckLines(entry.path(), WithoutNames(prose), found);
    ++scripts;
  }
  EXPECT_GT(scripts, 50U);
  EXPECT_THAT(found, IsEmpty());
}

TEST(Words, ConfigurationsUseTheGlossary) {
  std::vector<std::string> found;
  size_t configs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(
           fs::path(WSEL_SOURCE_DIR) / "configs")) {
    if (entry.path().extension() != ".json") continue;
    CheckLines(entry.path(), QuotedTexts(ReadText(entry.path())), found);
    ++configs;
  }
  EXPECT_GT(configs, 50U);
  EXPECT_THAT(found, IsEmpty());
}

TEST(DroppedWords, AreFoundAsWholeWords) {
  EXPECT_THAT(DroppedWords("Draws a Picture of it"),
              ElementsAre(HasSubstr("Picture (image")));
  EXPECT_THAT(DroppedWords("its standard deviation, the picturesque"),
              IsEmpty());
  EXPECT_THAT(DroppedWords("mean and deviation"),
              ElementsAre(HasSubstr("deviation (standard")));
  EXPECT_THAT(DroppedWords("this file is no checkpoint"),
              ElementsAre(HasSubstr("is not a")));
}

TEST(WithoutNames, KeepsTheText) {
  EXPECT_EQ(WithoutNames("a `key` and `a text`"), "a  and `a text`");
}

TEST(ScriptProse, IsCommentsAndDocstrings) {
  EXPECT_EQ(ScriptProse("x = 1  # a note\n\"\"\"A text.\"\"\"\ny = 'b'\n"),
            " a note\nA text.\n");
}

TEST(QuotedTexts, JoinAdjacentLiterals) {
  EXPECT_EQ(QuotedTexts("f(\"what it \"\n  \"says\");\n"), "what it says\n");
}

TEST(QuotedTexts, LeaveOutKeys) {
  EXPECT_EQ(QuotedTexts("f(\"key\", \"a text\");  // \"x\"\n"), "a text\n");
}

}  // namespace
}  // namespace wsel
