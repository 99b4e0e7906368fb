package app;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

@Component
class Greeter {
  @Value("${greeting:Hello}")
  private String greeting;

  String greet(String name) {
    return greeting + ", " + name;
  }
}
