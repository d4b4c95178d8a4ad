# Where LibTorch is. Included by LibTorch.cmake; run by scripts/setup as
# `cmake -P`, where it prints the folder, or nothing where there is none.
#
# The order: Torch_DIR or CMAKE_PREFIX_PATH (an unpacked LibTorch zip), the
# torch of the Python that a wheel is built for, the active Python's, the
# project's own .venv. What the user named must fit;
# a torch that merely lies about is passed over where it does not.

set(LIBTORCH_OLDEST 2.6)

function(_libtorch_named_roots OUT)
  set(ROOTS)
  foreach(PREFIX ${Torch_DIR} $ENV{Torch_DIR})
    list(APPEND ROOTS ${PREFIX}/../../..)  # <root>/share/cmake/Torch
  endforeach()
  string(REPLACE ":" ";" PREFIXES "$ENV{CMAKE_PREFIX_PATH}")
  foreach(PREFIX ${CMAKE_PREFIX_PATH} ${PREFIXES})
    list(APPEND ROOTS ${PREFIX} ${PREFIX}/../..)  # <root> or <root>/share/cmake
  endforeach()
  set(${OUT} ${ROOTS} PARENT_SCOPE)
endfunction()

function(_libtorch_python_root OUT)  # the command that is the interpreter
  # find_spec: where torch is, without the seconds that importing it takes.
  set(SPEC "import importlib.util as u, os; s = u.find_spec('torch')
print(os.path.dirname(s.origin) if s and s.origin else '')")
  execute_process(COMMAND ${ARGN} -c "${SPEC}" OUTPUT_VARIABLE ROOT
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(${OUT} "${ROOT}" PARENT_SCOPE)
endfunction()

function(_libtorch_version ROOT OUT)
  set(VERSION "")
  foreach(HEADER include/torch/headeronly/version.h
                 include/torch/csrc/api/include/torch/version.h)
    if(EXISTS ${ROOT}/${HEADER})
      file(STRINGS ${ROOT}/${HEADER} LINES
           REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]")
      string(REGEX MATCHALL "[0-9]+" PARTS "${LINES}")
      list(JOIN PARTS "." VERSION)
      if(VERSION)
        break()
      endif()
    endif()
  endforeach()
  set(${OUT} "${VERSION}" PARENT_SCOPE)
endfunction()

# Why the LibTorch in ROOT will not do; empty where it will.
function(_libtorch_fault ROOT OUT)
  set(${OUT} "" PARENT_SCOPE)
  _libtorch_version(${ROOT} VERSION)
  if(VERSION VERSION_LESS LIBTORCH_OLDEST)
    set(${OUT} "LibTorch ${VERSION} in ${ROOT} is older than ${LIBTORCH_OLDEST}"
        PARENT_SCOPE)
    return()
  endif()
  # Up to 2.6 some wheels have the old C++ string; TorchConfig.cmake knows.
  set(CONFIG ${ROOT}/share/cmake/Torch/TorchConfig.cmake)
  if(EXISTS ${CONFIG})
    file(STRINGS ${CONFIG} OLD_ABI REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(OLD_ABI)
      set(${OUT} "LibTorch in ${ROOT} has the C++ ABI of before 2011, which \
spdlog and fmt have not: take the cxx11-abi LibTorch" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# Sets ROOT_OUT to the folder, or leaves it empty and sets FAULT_OUT.
function(find_libtorch ROOT_OUT FAULT_OUT)
  _libtorch_named_roots(NAMED)
  set(WHEELS "")
  if(SKBUILD)  # -I: pip's build environment hides the site that torch is in
    _libtorch_python_root(WHEELS ${Python3_EXECUTABLE} -I)
  endif()
  _libtorch_python_root(ACTIVE python3)
  _libtorch_python_root(  # -I: a PYTHONPATH is the active Python's
    OWN ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../.venv/bin/python3 -I)
  set(LYING_ABOUT ${WHEELS} ${ACTIVE} ${OWN})
  set(${ROOT_OUT} "" PARENT_SCOPE)
  set(${FAULT_OUT} "LibTorch was not found" PARENT_SCOPE)
  foreach(LIST NAMED LYING_ABOUT)
    foreach(ROOT ${${LIST}})
      if(NOT EXISTS ${ROOT}/lib/libtorch_cpu.so
         OR NOT EXISTS ${ROOT}/include/torch)
        continue()
      endif()
      get_filename_component(ROOT ${ROOT} ABSOLUTE)
      _libtorch_fault(${ROOT} FAULT)
      if(NOT FAULT)
        set(${ROOT_OUT} ${ROOT} PARENT_SCOPE)
        return()
      endif()
      set(${FAULT_OUT} "${FAULT}" PARENT_SCOPE)
      if("${LIST}" STREQUAL "NAMED")
        return()
      endif()
    endforeach()
  endforeach()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  find_libtorch(ROOT FAULT)
  # message() would print to stderr.
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${ROOT}")
endif()
