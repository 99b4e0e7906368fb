/* What opens.c loads. */
#include <sys/utsname.h>

int answer(void) {
  struct utsname name;
  return uname(&name) ? 0 : 42;
}
