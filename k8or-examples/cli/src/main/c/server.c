/* An HTTP server of one page: server [PORT], 8080 by default. SIGTERM ends it. */
#include "linux.h"

#define BODY "<!DOCTYPE html><title>k8or</title><p>Served from an image that k8or made lean.</p>\n"

static const char PAGE[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 83\r\n"
    "Connection: close\r\n"
    "\r\n" BODY;

_Static_assert(sizeof BODY - 1 == 83, "the header says the length of the body");

struct address {
  u16 family;
  u8 port[2];
  u8 host[4];
  u8 zero[8];
};

int service(int count, char **words) {
  u32 port = count > 1 ? number(words[1], 65535) : 8080;
  if (port == 0) {
    static const char usage[] = "server: expected a port from 1 to 65535\n";
    write_all(2, usage, sizeof usage - 1);
    return 2;
  }
  stop_on_signals();
  long socket = call4(SYS_socket, 2 /* AF_INET */, 1 /* SOCK_STREAM */, 0, 0);
  if (socket < 0) {
    return 1;
  }
  int on = 1;
  call5(SYS_setsockopt, socket, 1 /* SOL_SOCKET */, 2 /* SO_REUSEADDR */, (long)&on, sizeof on);
  struct address any = {2, {(u8)(port >> 8), (u8)port}, {0, 0, 0, 0}, {0}};
  if (call4(SYS_bind, socket, (long)&any, sizeof any, 0) < 0 ||
      call4(SYS_listen, socket, 16, 0, 0) < 0) {
    static const char taken[] = "server: the port cannot be opened\n";
    write_all(2, taken, sizeof taken - 1);
    return 1;
  }
  say("serving\n");
  for (;;) {
    long peer = call4(SYS_accept, socket, 0, 0, 0);
    if (peer < 0) {
      continue;
    }
    char request[2048];
    /* One read is enough: the page is the same whatever is asked for. */
    if (call4(SYS_read, peer, (long)request, sizeof request, 0) > 0) {
      write_all((int)peer, PAGE, sizeof PAGE - 1);
    }
    call4(SYS_close, peer, 0, 0, 0);
  }
}
