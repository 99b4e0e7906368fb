package app;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class Orders {
  public record Order(@NotBlank String name, @Min(1) int count, LocalDate day) {}

  private final Greeter greeter;

  public Orders(Greeter greeter) {
    this.greeter = greeter;
  }

  @GetMapping("/orders/{id}")
  public Map<String, Object> get(@PathVariable("id") int id, @RequestParam(name = "full", defaultValue = "false") boolean full) {
    return Map.of("id", id, "full", full, "day", LocalDate.of(2026, 1, id), "lines", List.of("a", "b"));
  }

  @PostMapping("/orders")
  public Order post(@Valid @RequestBody Order order) {
    return order;
  }

  @GetMapping("/greeting")
  public String greeting(@RequestParam("name") String name) {
    return greeter.greet(name);
  }

  @GetMapping("/fault")
  public String fault() {
    throw new IllegalStateException("on purpose");
  }
}
