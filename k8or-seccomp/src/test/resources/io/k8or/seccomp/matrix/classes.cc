// Virtual functions, exceptions, streams, threads of the language.
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>
#include <sys/sysinfo.h>
#include <unistd.h>

struct Shape {
  virtual ~Shape() = default;
  virtual long area() const = 0;
};
struct Square : Shape {
  long area() const override { return getpid() > 0 ? 4 : 0; }
};
struct Circle : Shape {
  long area() const override {
    struct sysinfo info;
    if (sysinfo(&info)) throw std::runtime_error("sysinfo");
    throw std::out_of_range("a circle");
  }
};

int main() {
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Square>());
  shapes.push_back(std::make_unique<Circle>());
  long sum = 0;
  for (const auto &shape : shapes) {
    try {
      sum += shape->area();
    } catch (const std::out_of_range &) {
      sum += getppid() > 0;
    }
  }
  std::thread other([&] { sum += 1; });
  other.join();
  std::string line;
  std::ifstream in("/proc/self/status");
  std::getline(in, line);
  std::cout << sum << " " << line << std::endl;
}
