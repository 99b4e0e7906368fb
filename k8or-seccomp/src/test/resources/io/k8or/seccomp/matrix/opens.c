/* A library that is only loaded when the program runs. */
#include <dlfcn.h>
#include <stdio.h>

int main(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW);
  if (!library) return puts(dlerror()), 1;
  int (*answer)(void) = (int (*)(void))dlsym(library, "answer");
  printf("%d\n", answer());
  return dlclose(library);
}
