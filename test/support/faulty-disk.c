/*
 * Stands before the C library's calls of the file system in a process that is started with it
 * (LD_PRELOAD), and lets them fail or take long as a test says in the file FAULT_FILE:
 *
 *   fdatasync EIO      fails once the file is there, as a disk that loses writes
 *   fdatasync MS       takes so many milliseconds longer
 *   write ENOSPC       no file of a log grows any more
 *   write MS           takes so many milliseconds longer, and adds a line to FAULT_FILE.calls:
 *                      "loop" when the main thread made the call, "pool" for another
 *
 * A third word is a part of the paths of the files that are meant, in place of those of a log.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Whether a file is one that the audit log grows: a segment, or its checkpoints. */
static int is_of_log(const char *path) {
  return strstr(path, ".jsonl") != NULL || strstr(path, ".checkpoints") != NULL;
}

/* The path of an open file; 0 for a socket, a pipe, and what cannot be told. */
static int path_of(int fd, char *path, size_t size) {
  char link[64];
  ssize_t length;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, size - 1);
  if (length <= 0 || path[0] != '/') return 0;
  path[length] = '\0';
  return 1;
}

static int read_fault(const char *call, int of, char *what, size_t size) {
  const char *file = getenv("FAULT_FILE");
  char text[128] = "";
  char path[4096], named[32], value[32], place[64];
  int fd, words;
  ssize_t length;
  if (file == NULL || !path_of(of, path, sizeof path)) return 0;
  fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  words = sscanf(text, "%31s %31s %63s", named, value, place);
  if (words < 2 || strcmp(named, call) != 0) return 0;
  if (words == 3 ? strstr(path, place) == NULL : !is_of_log(path)) return 0;
  snprintf(what, size, "%s", value);
  return 1;
}

static void note_thread(void) {
  const char *line = syscall(SYS_gettid) == getpid() ? "loop\n" : "pool\n";
  char path[4096];
  int fd;
  snprintf(path, sizeof path, "%s.calls", getenv("FAULT_FILE"));
  fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  syscall(SYS_write, fd, line, strlen(line));
  close(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  char what[32];
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  if (read_fault("fdatasync", fd, what, sizeof what)) {
    if (strcmp(what, "EIO") == 0) {
      errno = EIO;
      return -1;
    }
    usleep((useconds_t)atoi(what) * 1000);
  }
  return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  static ssize_t (*real)(int, const void *, size_t);
  char what[32];
  if (real == NULL) real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (read_fault("write", fd, what, sizeof what)) {
    if (strcmp(what, "ENOSPC") == 0) {
      errno = ENOSPC;
      return -1;
    }
    note_thread();
    usleep((useconds_t)atoi(what) * 1000);
  }
  return real(fd, bytes, count);
}
