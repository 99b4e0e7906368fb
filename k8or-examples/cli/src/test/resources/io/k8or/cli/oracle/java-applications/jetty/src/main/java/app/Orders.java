package app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;

public class Orders extends HttpServlet {
  private static final long serialVersionUID = 1;
  private final transient ObjectMapper json = new ObjectMapper();

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (request.getPathInfo() != null && request.getPathInfo().equals("/fault")) {
      throw new IllegalStateException("on purpose");
    }
    request.getSession(true).setAttribute("seen", 1);
    response.setContentType("application/json");
    response.getOutputStream().write(json.writeValueAsBytes(Map.of("id", 7, "lines", List.of("a", "b"))));
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
    JsonNode order = json.readTree(request.getInputStream());
    if (!order.path("count").isInt()) {
      response.sendError(400, "count");
      return;
    }
    response.setContentType("application/json");
    response.getWriter().print(order);
  }
}
