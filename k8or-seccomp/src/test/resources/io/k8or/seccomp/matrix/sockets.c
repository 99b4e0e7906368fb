/* A server and its client over loopback, in one process, with poll and epoll. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(server, (void *)&address, size) || listen(server, 1)) return 1;
  getsockname(server, (void *)&address, &size);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, (void *)&address, size)) return 2;
  int peer = accept(server, NULL, NULL);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &event);
  send(client, "hi", 2, 0);
  epoll_wait(epoll, &event, 1, 1000);
  struct pollfd wait = {peer, POLLIN, 0};
  poll(&wait, 1, 1000);
  char text[8] = "";
  recv(peer, text, sizeof text, 0);
  shutdown(peer, SHUT_RDWR);
  close(peer);
  puts(text);
  return strcmp(text, "hi");
}
