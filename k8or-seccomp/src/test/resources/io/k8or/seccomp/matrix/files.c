/* Files: made, written, renamed, listed, removed. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  char folder[] = "/tmp/matrixXXXXXX";
  if (!mkdtemp(folder) || chdir(folder)) return 1;
  int fd = open("a", O_RDWR | O_CREAT, 0600);
  if (fd < 0 || write(fd, "hello", 5) != 5 || ftruncate(fd, 4096)) return 2;
  char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED || map[0] != 'h') return 3;
  munmap(map, 4096);
  lseek(fd, 0, SEEK_SET);
  fsync(fd);
  close(fd);
  FILE *file = fopen("a", "r");
  if (!file || fgetc(file) != 'h') return 4;
  fclose(file);
  struct stat about;
  if (stat("a", &about) || chmod("a", 0644) || rename("a", "b") || symlink("b", "c")) return 5;
  DIR *all = opendir(".");
  int count = 0;
  while (readdir(all)) count++;
  closedir(all);
  unlink("b");
  unlink("c");
  rmdir(folder);
  printf("%d\n", count);
  return 0;
}
