# Writes OUTPUT, the definition of wsel::Version(): the project's version, and
# the commit where SOURCE is a git checkout.
execute_process(
  COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(COMMIT)
  set(VERSION "${VERSION}+g${COMMIT}")
endif()
set(TEXT "#include \"wsel/core/version.h\"\n
namespace wsel {
std::string_view Version() { return \"${VERSION}\"; }
}  // namespace wsel
")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} OLD)
endif()
if(NOT "${TEXT}" STREQUAL "${OLD}")
  file(WRITE ${OUTPUT} "${TEXT}")
endif()
