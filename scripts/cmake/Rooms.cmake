# A room is a folder in include/wsel and src (CONTRIBUTING.md), and a target.
#
#   wsel_room(select USES model tensor
#             TORCH libtorch_svd.cpp)
#
# makes the static library wsel_select of the room's files, compiled without
# LibTorch's headers, and of those behind TORCH the library wsel_select_torch,
# which may use them. ALL_TORCH: every file. TEXT: the first library is compiled with
# WSEL_TEXT_OPTIONS. USES names the rooms that this one includes; with WSEL_TESTS a
# program that holds the whole room and only these proves at link time that it needs
# no other.

# What wsel-base-tests need, which are all rooms without LibTorch but cli (its
# tests run the programs); and all rooms.
add_library(wsel_base INTERFACE)
add_library(wsel_lib INTERFACE)

set(WSEL_EMPTY_MAIN ${PROJECT_BINARY_DIR}/empty_main.cpp)
file(CONFIGURE OUTPUT ${WSEL_EMPTY_MAIN} CONTENT "int main() {}\n")

# Links `room` as a whole, so that whatever its USES do not provide is an error.
function(wsel_prove_layers room)
  if(WSEL_TESTS AND NOT WSEL_SANITIZE)
    add_executable(${room}_layers ${WSEL_EMPTY_MAIN})
    target_link_libraries(${room}_layers PRIVATE
      "$<LINK_LIBRARY:WHOLE_ARCHIVE,${room}>")
  endif()
endfunction()

# Libraries that torch-free files of `rooms` are in, and those of the rest.
function(wsel_room_targets rooms suffix result)
  set(targets "")
  foreach(room IN LISTS rooms)
    if(TARGET wsel_${room}${suffix})
      list(APPEND targets wsel_${room}${suffix})
    endif()
  endforeach()
  set(${result} ${targets} PARENT_SCOPE)
endfunction()

function(wsel_room name)
  cmake_parse_arguments(ROOM "ALL_TORCH;TEXT" "" "USES;TORCH;APART" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(TRANSFORM ROOM_APART PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
  set_source_files_properties(${ROOM_APART} PROPERTIES
    SKIP_UNITY_BUILD_INCLUSION ON)
  set(torch_sources ${ROOM_TORCH})
  list(TRANSFORM torch_sources PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
  foreach(source IN LISTS torch_sources)
    if(NOT source IN_LIST sources)
      message(FATAL_ERROR "wsel_room(${name}): no ${source}")
    endif()
  endforeach()
  if(ROOM_ALL_TORCH)
    set(torch_sources ${sources})
  endif()
  list(REMOVE_ITEM sources ${torch_sources})

  wsel_room_targets("${ROOM_USES}" "" used)
  if(sources)
    add_library(wsel_${name} STATIC ${sources})
    target_compile_options(wsel_${name} PRIVATE ${WSEL_BASE_OPTIONS})
    target_link_libraries(wsel_${name} PUBLIC wsel_flags ${used})
    if(ROOM_TEXT)
      target_compile_options(wsel_${name} PRIVATE ${WSEL_TEXT_OPTIONS})
    endif()
    if(ROOM_TEXT OR WSEL_SANITIZE)
      target_precompile_headers(wsel_${name} REUSE_FROM wsel_base_pch)
    endif()
    if(NOT name STREQUAL "cli")
      target_link_libraries(wsel_base INTERFACE wsel_${name})
    endif()
    target_link_libraries(wsel_lib INTERFACE wsel_${name})
    wsel_prove_layers(wsel_${name})
    list(APPEND used wsel_${name})
  endif()
  if(torch_sources)
    set(target wsel_${name}_torch)
    wsel_room_targets("${ROOM_USES}" _torch used_torch)
    add_library(${target} STATIC ${torch_sources})
    target_link_libraries(${target} PUBLIC
      wsel_torch_flags ${used} ${used_torch})
    if(TARGET wsel_pch)
      target_precompile_headers(${target} REUSE_FROM wsel_pch)
    endif()
    target_link_libraries(wsel_lib INTERFACE ${target})
    wsel_prove_layers(${target})
  endif()
endfunction()
