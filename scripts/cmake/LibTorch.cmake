# Finds LibTorch >= 2.6 and defines LibTorch::libtorch, which links only what
# the build needs. LibTorch's own find_package(Torch) insists on a CUDA toolkit
# for a CUDA wheel and links every CUDA library, which doubles the start time
# of a program that uses the CPU; so the libraries are named here.
#
# The order: CMAKE_PREFIX_PATH or Torch_DIR (an unpacked LibTorch zip), the
# active Python's torch, the project's own .venv.

function(_libtorch_candidates OUT)
  set(ROOTS)
  foreach(PREFIX ${Torch_DIR} $ENV{Torch_DIR})
    list(APPEND ROOTS ${PREFIX}/../../..)  # <root>/share/cmake/Torch
  endforeach()
  set(PREFIXES "$ENV{CMAKE_PREFIX_PATH}")
  string(REPLACE ":" ";" PREFIXES "${PREFIXES}")
  foreach(PREFIX ${CMAKE_PREFIX_PATH} ${PREFIXES})
    list(APPEND ROOTS ${PREFIX} ${PREFIX}/../..)  # <root> or <root>/share/cmake
  endforeach()
  # find_spec: where torch is, without the seconds that importing it takes.
  set(SPEC "import importlib.util as u, os; s = u.find_spec('torch')
print(os.path.dirname(s.origin) if s and s.origin else '')")
  foreach(PYTHON python3 ${PROJECT_SOURCE_DIR}/.venv/bin/python3)
    execute_process(COMMAND ${PYTHON} -c "${SPEC}" OUTPUT_VARIABLE ROOT
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    list(APPEND ROOTS ${ROOT})
  endforeach()
  set(${OUT} ${ROOTS} PARENT_SCOPE)
endfunction()

function(_libtorch_version ROOT OUT)
  set(VERSION "")
  foreach(HEADER include/torch/headeronly/version.h
                 include/torch/csrc/api/include/torch/version.h)
    if(EXISTS ${ROOT}/${HEADER})
      file(STRINGS ${ROOT}/${HEADER} LINE
           REGEX "define TORCH_VERSION(_MAJOR|_MINOR|_PATCH)? +\"?[0-9]")
      string(REGEX MATCHALL "[0-9]+" PARTS "${LINE}")
      list(JOIN PARTS "." VERSION)
      if(VERSION)
        break()
      endif()
    endif()
  endforeach()
  set(${OUT} "${VERSION}" PARENT_SCOPE)
endfunction()

_libtorch_candidates(LIBTORCH_CANDIDATES)
set(LIBTORCH_ROOT "")
foreach(ROOT ${LIBTORCH_CANDIDATES})
  if(EXISTS ${ROOT}/lib/libtorch_cpu.so AND EXISTS ${ROOT}/include/torch)
    get_filename_component(LIBTORCH_ROOT ${ROOT} ABSOLUTE)
    break()
  endif()
endforeach()
if(NOT LIBTORCH_ROOT)
  message(FATAL_ERROR "LibTorch was not found. Run scripts/setup, which puts it "
    "into .venv, or give -DCMAKE_PREFIX_PATH=<unpacked LibTorch>.")
endif()
_libtorch_version(${LIBTORCH_ROOT} LIBTORCH_VERSION)
if(LIBTORCH_VERSION VERSION_LESS 2.6)
  message(FATAL_ERROR "LibTorch ${LIBTORCH_VERSION} in ${LIBTORCH_ROOT} is older "
    "than 2.6. Run scripts/setup, or give a newer one by CMAKE_PREFIX_PATH.")
endif()

add_library(LibTorch::libtorch INTERFACE IMPORTED)
target_include_directories(LibTorch::libtorch SYSTEM INTERFACE
  ${LIBTORCH_ROOT}/include ${LIBTORCH_ROOT}/include/torch/csrc/api/include)
target_link_directories(LibTorch::libtorch INTERFACE ${LIBTORCH_ROOT}/lib)
target_link_options(LibTorch::libtorch INTERFACE
  -Wl,--as-needed -Wl,-rpath,${LIBTORCH_ROOT}/lib)

# Up to 2.6 some wheels have the old C++ string; TorchConfig.cmake knows.
set(TORCH_CONFIG ${LIBTORCH_ROOT}/share/cmake/Torch/TorchConfig.cmake)
if(EXISTS ${TORCH_CONFIG})
  file(STRINGS ${TORCH_CONFIG} ABI_LINE REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(ABI_LINE)
    message(FATAL_ERROR "LibTorch in ${LIBTORCH_ROOT} has the C++ ABI of before "
      "2011, which spdlog and fmt do not; take the cxx11-abi LibTorch.")
  endif()
endif()

# The libraries that torch_cuda itself needs lie beside a full wheel; the slim
# install of scripts/setup has torch_cuda without them.
include(CheckLanguage)
set(LIBTORCH_HAS_CUDA OFF)
if(EXISTS ${LIBTORCH_ROOT}/lib/libtorch_cuda.so)
  find_library(LIBTORCH_CUDNN NAMES libcudnn.so.9 NO_CACHE NO_DEFAULT_PATH
    PATHS ${LIBTORCH_ROOT}/lib ${LIBTORCH_ROOT}/../nvidia/cudnn/lib)
  find_package(CUDAToolkit QUIET)
  if(LIBTORCH_CUDNN AND CUDAToolkit_FOUND)
    set(LIBTORCH_HAS_CUDA ON)
  endif()
endif()
if(WSEL_CUDA STREQUAL "on" AND NOT LIBTORCH_HAS_CUDA)
  message(FATAL_ERROR "WSEL_CUDA=on needs a CUDA toolkit and a full CUDA LibTorch "
    "(libtorch_cuda.so with cuDNN); ${LIBTORCH_ROOT} has not both.")
endif()
if(WSEL_CUDA STREQUAL "off" OR NOT LIBTORCH_HAS_CUDA)
  target_link_libraries(LibTorch::libtorch INTERFACE torch_cpu c10)
  set(LIBTORCH_BACKEND "CPU")
else()
  # torch_cuda registers itself when it is loaded: no symbol of ours needs it.
  target_link_libraries(LibTorch::libtorch INTERFACE
    torch_cpu c10 c10_cuda CUDA::cudart
    -Wl,--no-as-needed torch_cuda -Wl,--as-needed)
  target_compile_definitions(LibTorch::libtorch INTERFACE WSEL_CUDA=1)
  set(LIBTORCH_BACKEND "CPU and CUDA")
endif()
message(STATUS
  "LibTorch ${LIBTORCH_VERSION} (${LIBTORCH_BACKEND}): ${LIBTORCH_ROOT}")
